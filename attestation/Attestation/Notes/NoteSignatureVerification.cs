using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Notes;

/// <summary>What verifying one signature line gave.</summary>
public enum NoteSignatureResult
{
    /// <summary>The key signed the text.</summary>
    Valid,

    /// <summary>It did not, or the signature does not have the form of the key's type.</summary>
    Invalid,

    /// <summary>No implementation on this machine: see <see cref="Ed25519.IsAvailable"/>.
    /// </summary>
    Unavailable,
}

/// <summary>Verifies one signature over the text of a note with one key.</summary>
public static class NoteSignatureVerification
{
    /// <summary>Latest time of a cosignature, in seconds: 2^63 - 1.</summary>
    public const ulong MaxTimestampSeconds = long.MaxValue;

    private const int TimestampBytes = 8;

    /// <summary>
    /// Verifies <paramref name="signature"/> (what follows the key id in the line).
    /// </summary>
    /// <param name="key">The key; name and id of the line are the caller's to match.</param>
    /// <param name="text">The signed bytes of the note.</param>
    /// <param name="signature">In the form of the key's type.</param>
    /// <param name="timestampSeconds">For a valid cosignature its POSIX time; otherwise null. It is
    /// the cosigner's word, for a policy to judge.</param>
    public static NoteSignatureResult Verify(
        VerifierKey key, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature,
        out ulong? timestampSeconds)
    {
        timestampSeconds = null;
        ReadOnlySpan<byte> publicKey = key.PublicKey.Span;
        if (key.Type == NoteSignatureType.EcdsaP256)
        {
            return Result(EcdsaP256.Verify(publicKey, text, signature));
        }
        if (!Ed25519.IsAvailable) return NoteSignatureResult.Unavailable;
        if (key.Type == NoteSignatureType.Ed25519)
        {
            return Result(Ed25519.Verify(publicKey, text, signature));
        }

        // cosignature/v1: the time, then the signature over the time and the text.
        if (signature.Length != TimestampBytes + Ed25519.SignatureBytes)
        {
            return NoteSignatureResult.Invalid;
        }
        ulong seconds = BinaryPrimitives.ReadUInt64BigEndian(signature);
        if (seconds > MaxTimestampSeconds) return NoteSignatureResult.Invalid;
        byte[] message = CosignedMessage(seconds, text);
        if (!Ed25519.Verify(publicKey, message, signature[TimestampBytes..]))
        {
            return NoteSignatureResult.Invalid;
        }
        timestampSeconds = seconds;
        return NoteSignatureResult.Valid;
    }

    /// <summary>
    /// What a cosigner signs (c2sp.org/tlog-cosignature): two header lines, then the whole text.
    /// The cosigner's name is not in it, so that each cosigner and each role needs its own key.
    /// </summary>
    public static byte[] CosignedMessage(ulong timestampSeconds, ReadOnlySpan<byte> text)
    {
        string header = string.Create(
            CultureInfo.InvariantCulture, $"cosignature/v1\ntime {timestampSeconds}\n");
        return [.. Encoding.ASCII.GetBytes(header), .. text];
    }

    private static NoteSignatureResult Result(bool valid) =>
        valid ? NoteSignatureResult.Valid : NoteSignatureResult.Invalid;
}
