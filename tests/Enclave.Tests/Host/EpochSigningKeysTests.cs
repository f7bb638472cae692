using Sequencer.Attestation.Cryptography;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Tests.Host;

public sealed class EpochSigningKeysTests
{
    private static SimulatedNsm Nsm => new(
        RunningEnclave.Root, Measurements.Default, TimeProvider.System);

    [Fact]
    public void Both_keys_sign_what_their_public_halves_verify()
    {
        using EpochSigningKeys keys = EpochSigningKeys.Generate(Nsm);
        byte[] message = "a head"u8.ToArray();
        Assert.True(EcdsaP256.Verify(keys.SubjectPublicKeyInfo, message, keys.SignEcdsa(message)));
        Assert.True(Ed25519.Verify(
            keys.Public.Ed25519PublicKey.Span, message, keys.SignEd25519(message)));
        Assert.Equal(keys.SubjectPublicKeyInfo[^64..], keys.Public.P256PublicKey.ToArray());
    }

    [Fact]
    public void Ed25519_signs_the_empty_message()
    {
        using EpochSigningKeys keys = EpochSigningKeys.Generate(Nsm);
        Assert.True(Ed25519.Verify(keys.Public.Ed25519PublicKey.Span, [], keys.SignEd25519([])));
    }

    [Fact]
    public void Each_start_has_other_keys_and_another_nonce()
    {
        using EpochSigningKeys one = EpochSigningKeys.Generate(Nsm);
        using EpochSigningKeys two = EpochSigningKeys.Generate(Nsm);
        Assert.NotEqual(one.Public.Nonce, two.Public.Nonce);
        Assert.NotEqual(one.SubjectPublicKeyInfo, two.SubjectPublicKeyInfo);
        Assert.NotEqual(
            one.Public.Ed25519PublicKey.ToArray(), two.Public.Ed25519PublicKey.ToArray());
    }

    [Fact]
    public void After_disposal_neither_key_signs()
    {
        EpochSigningKeys keys = EpochSigningKeys.Generate(Nsm);
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => keys.SignEcdsa("x"u8));
        Assert.Throws<ObjectDisposedException>(() => keys.SignEd25519("x"u8));
    }
}
