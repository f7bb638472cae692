using System.Security.Cryptography;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Sealing.Kms;

namespace Sequencer.Sealing.Tests;

/// <summary>What KMS encrypts to a document's key opens under that key and no other.</summary>
public class RecipientEnvelopeTests
{
    private static readonly byte[] Content = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly byte[] _content = new byte[32];

    [VectorTheory]
    [InlineData("edgebit")]
    [InlineData("enclaver")]
    public void An_answer_of_the_real_KMS_opens(string name)
    {
        using var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Vectors.Folder!, $"kms/{name}_key.pem")));
        byte[] plain = Vectors.Read($"kms/{name}_plain.bin");
        var content = new byte[plain.Length];
        Assert.True(RecipientEnvelope.TryOpen(
            Vectors.Read($"kms/{name}_cfr.der"), key, content));
        Assert.Equal(plain, content);
    }

    [VectorTheory]
    [InlineData("aws_sdk_c_input_ber")]
    [InlineData("aws_sdk_c_input_ber_w_ctx")]
    [InlineData("edgebit_cfr")]
    public void An_answer_to_another_key_does_not(string name)
    {
        using var key = RSA.Create(2048);
        Assert.False(RecipientEnvelope.TryOpen(Vectors.Read($"kms/{name}.der"), key, _content));
    }

    [VectorFact]
    public void The_stand_in_writes_what_KMS_writes_but_for_what_is_random()
    {
        using var key = RSA.Create(2048);
        byte[] genuine = Vectors.Read("kms/edgebit_cfr.der");
        byte[] own = RecipientAnswer.Seal(key, Content);
        Assert.Equal(genuine.Length, own.Length);
        // Offsets of the recipient's name, the encrypted key, the vector and the content.
        foreach ((int at, int length) in new[] { (33, 32), (131, 256), (415, 16), (435, 48) })
        {
            genuine.AsSpan(at, length).Clear();
            own.AsSpan(at, length).Clear();
        }
        Assert.Equal(genuine, own);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Both_forms_of_the_content_open(bool isPrimitive)
    {
        using var key = RSA.Create(2048);
        byte[] envelope = RecipientAnswer.Seal(key, Content, isPrimitive);
        Assert.True(RecipientEnvelope.TryOpen(envelope, key, _content));
        Assert.Equal(Content, _content);
    }

    [Fact]
    public void No_truncation_opens_and_nothing_may_follow()
    {
        using var key = RSA.Create(2048);
        byte[] envelope = RecipientAnswer.Seal(key, Content);
        for (int length = 0; length < envelope.Length; length++)
        {
            Assert.False(RecipientEnvelope.TryOpen(envelope.AsMemory(0, length), key, _content));
        }
        Assert.False(RecipientEnvelope.TryOpen((byte[])[.. envelope, 0], key, _content));
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_changes_the_content_and_never_throws()
    {
        using var key = RSA.Create(2048);
        byte[] envelope = RecipientAnswer.Seal(key, Content);
        const int encryptedKeyAt = 131, encryptedKeyBytes = 256, vectorAt = 415;
        for (int at = 0; at < envelope.Length; at++)
        {
            // One bit of the encrypted key is as good as another, and takes an RSA decryption.
            if (at is > encryptedKeyAt and < encryptedKeyAt + encryptedKeyBytes) continue;
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] flipped = [.. envelope];
                flipped[at] ^= (byte)(1 << bit);
                if (!RecipientEnvelope.TryOpen(flipped, key, _content)) continue;
                // The content is authenticated by the connection, not by the envelope.
                Assert.True(at >= vectorAt, $"byte {at}, bit {bit}");
                Assert.NotEqual(Content, _content);
            }
        }
    }

    [Fact]
    public void An_envelope_over_the_bound_is_not_read()
    {
        using var key = RSA.Create(2048);
        var content = new byte[RecipientEnvelope.BytesMax];
        byte[] envelope = RecipientAnswer.Seal(key, content);
        Assert.False(RecipientEnvelope.TryOpen(envelope, key, content));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(1000)]
    public void Content_of_another_length_than_was_asked_for_is_none(int length)
    {
        using var key = RSA.Create(2048);
        byte[] other = [.. Enumerable.Repeat((byte)7, length)];
        Assert.False(RecipientEnvelope.TryOpen(RecipientAnswer.Seal(key, other), key, _content));
        Assert.Equal(new byte[32], _content);
    }
}
