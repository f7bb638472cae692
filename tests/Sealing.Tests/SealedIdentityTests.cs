using System.Security.Cryptography;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Enclave.Host.Identity;

namespace Sequencer.Sealing.Tests;

/// <summary>A sealed identity serves one log under one key, and only as it was sealed.</summary>
public class SealedIdentityTests
{
    private static readonly Digest Log = new(RandomNumberGenerator.GetBytes(32));
    private static readonly KmsKeyArn Arn = Parse(StandInKms.Arn);

    [Fact]
    public void What_was_sealed_opens_and_signs_with_the_same_key()
    {
        DataKey dataKey = NewDataKey();
        using IdentityKey made = IdentityKey.Create(Log, Arn, dataKey);
        byte[] bytes = made.Sealed.Bytes.ToArray();
        Assert.Equal(84 + dataKey.Blob.Length, bytes.Length);
        Assert.True(SealedIdentity.TryParse(bytes, out SealedIdentity? kept));
        Assert.Equal(dataKey.Blob, kept.Blob.ToArray());
        using IdentityKey? opened = IdentityKey.TryOpen(kept, Log, Arn, dataKey.Plain);
        Assert.NotNull(opened);
        byte[] signature = opened.Sign("head"u8);
        Assert.Equal(made.Sign("head"u8), signature);
        Assert.True(Ed25519.Verify(kept.PublicKey.Span, "head"u8, signature));
    }

    [Fact]
    public void The_bytes_are_those_of_section_19()
    {
        // By hand: version, zero, length; the public key; AES-256-GCM; the blob.
        DataKey dataKey = NewDataKey();
        using IdentityKey made = IdentityKey.Create(Log, Arn, dataKey);
        ReadOnlySpan<byte> bytes = made.Sealed.Bytes.Span;
        Assert.Equal([1, 0, 0, (byte)dataKey.Blob.Length], bytes[..4].ToArray());
        var seed = new byte[32];
        using var aes = new AesGcm(dataKey.Plain, 16);
        aes.Decrypt(
            new byte[12], bytes[36..68], bytes[68..84], seed,
            [.. "seq-identity/v1\0"u8, .. Log.AsSpan(), .. bytes[4..36], .. "arn:aws:kms:"u8,
                .. "eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"u8]);
        Assert.Equal(dataKey.Blob, bytes[84..].ToArray());
    }

    [Fact]
    public void Another_log_key_or_data_key_opens_nothing()
    {
        DataKey dataKey = NewDataKey();
        using IdentityKey made = IdentityKey.Create(Log, Arn, dataKey);
        var otherLog = new Digest(RandomNumberGenerator.GetBytes(32));
        KmsKeyArn otherArn = Parse(StandInKms.Arn.Replace('1', '2'));
        Assert.Null(IdentityKey.TryOpen(made.Sealed, otherLog, Arn, dataKey.Plain));
        Assert.Null(IdentityKey.TryOpen(made.Sealed, Log, otherArn, dataKey.Plain));
        Assert.Null(IdentityKey.TryOpen(made.Sealed, Log, Arn, NewDataKey().Plain));
    }

    [Fact]
    public void No_flipped_bit_before_the_blob_opens()
    {
        DataKey dataKey = NewDataKey();
        using IdentityKey made = IdentityKey.Create(Log, Arn, dataKey);
        for (int bit = 0; bit < 84 * 8; bit++)
        {
            byte[] flipped = made.Sealed.Bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            if (!SealedIdentity.TryParse(flipped, out SealedIdentity? kept)) continue;
            Assert.Null(IdentityKey.TryOpen(kept, Log, Arn, dataKey.Plain));
        }
    }

    [Fact]
    public void Other_lengths_are_refused()
    {
        using IdentityKey made = IdentityKey.Create(Log, Arn, NewDataKey());
        byte[] bytes = made.Sealed.Bytes.ToArray();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(SealedIdentity.TryParse(bytes.AsSpan(0, length), out _));
        }
        Assert.False(SealedIdentity.TryParse([.. bytes, 0], out _));
        byte[] longest = [1, 0, 0x18, 0x00, .. new byte[80 + SealedIdentity.BlobMaxBytes]];
        Assert.True(SealedIdentity.TryParse(longest, out SealedIdentity? read));
        Assert.Equal(longest, read.Bytes.ToArray());
        byte[] tooLong = [1, 0, 0x18, 0x01, .. new byte[80 + SealedIdentity.BlobMaxBytes + 1]];
        Assert.False(SealedIdentity.TryParse(tooLong, out _));
    }

    private static DataKey NewDataKey() =>
        new(RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(60));

    private static KmsKeyArn Parse(string text)
    {
        Assert.True(KmsKeyArn.TryParse(text, out KmsKeyArn? arn));
        return arn;
    }
}
