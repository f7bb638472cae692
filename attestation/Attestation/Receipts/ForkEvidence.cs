using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Attestation.Receipts;

/// <summary>
/// Two signed heads of one log that do not extend each other, and what shows it (docs/PROTOCOL.md
/// section 17), as one file. Nothing in it is verified; see <c>LogVerifier.VerifyEvidence</c>.
/// </summary>
/// <param name="Smaller">The head of the smaller size, or of the same.</param>
/// <param name="Larger">The other head.</param>
/// <param name="PrefixRoot">The root that the larger head's tree has at the smaller one's size.
/// </param>
/// <param name="Consistency">The proof of that: from <paramref name="PrefixRoot"/> to the larger
/// head; empty where the sizes are the same.</param>
/// <remarks>Keeps the memory that it is given: the owner must not change it afterwards.</remarks>
public sealed record ForkEvidence(
    SignedHead Smaller,
    SignedHead Larger,
    Digest PrefixRoot,
    ReadOnlyMemory<Digest> Consistency)
{
    /// <summary>Longest file, in bytes: above what the longest parts can make.</summary>
    public const int MaxBytes = (2 * SignedHead.MaxBytes) + 4096;

    /// <summary>True for bytes that begin as a file of evidence does, whatever follows.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("{\"format\":\"sequencer-evidence/"u8);

    /// <summary>The JSON object and a line feed.</summary>
    public byte[] Encode()
    {
        var destination = new ArrayBufferWriter<byte>();
        ReceiptWriter.WriteEvidence(destination, this);
        destination.Write("\n"u8);
        return destination.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Reads what <see cref="Encode"/> writes, copying it; any other bytes are refused.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out ForkEvidence? evidence,
        [NotNullWhen(false)] out ReceiptRefusal? refusal)
    {
        evidence = null;
        refusal = new ReceiptRefusal("end", bytes.Length, "evidence ends with one line feed");
        if (!bytes.EndsWith("\n"u8)) return false;
        refusal = new ReceiptRefusal("evidence", MaxBytes, $"at most {MaxBytes} bytes");
        if (bytes.Length > MaxBytes) return false;
        var reader = new ReceiptReader(bytes[..^1]);
        evidence = reader.ReadEvidence();
        refusal = reader.Refusal;
        return evidence is not null;
    }
}
