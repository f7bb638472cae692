using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Receipts;

/// <summary>
/// A signed checkpoint with the epoch that signed it (docs/PROTOCOL.md section 16): what a receipt
/// has beside its record. Teaches a witness an epoch, and stands twice in evidence of a fork.
/// Nothing in it is verified.
/// </summary>
/// <remarks>Keeps the memory that it is given: the owner must not change it afterwards.</remarks>
public sealed class SignedHead
{
    /// <summary>Longest encoded head, in bytes: above what the longest parts can make.</summary>
    public const int MaxBytes = 320 * 1024;

    /// <summary>Puts a head together.</summary>
    /// <exception cref="ArgumentException">A part is too long to be read again, or the checkpoint
    /// has a character that would need an escape.</exception>
    public SignedHead(ReadOnlyMemory<byte> checkpoint, ReceiptEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        if (!CanStand(checkpoint.Span, epoch))
        {
            throw new ArgumentException("A part is too long, or the checkpoint needs an escape.");
        }
        Checkpoint = checkpoint;
        Epoch = epoch;
    }

    /// <summary>The signed note, UTF-8.</summary>
    public ReadOnlyMemory<byte> Checkpoint { get; }

    /// <summary>The epoch that signed it.</summary>
    public ReceiptEpoch Epoch { get; }

    /// <summary>True if the constructor takes these parts.</summary>
    internal static bool CanStand(ReadOnlySpan<byte> checkpoint, ReceiptEpoch epoch) =>
        checkpoint.Length <= Receipt.CheckpointMaxBytes
        && epoch.Statement.Length <= Limits.RecordMaxBytes
        && epoch.Inclusion.Length <= TreeHash.MaxInclusionPath
        && epoch.Document.Length <= AttestationLimits.DocumentBytesMax
        && Receipt.IsCheckpointText(checkpoint);

    /// <summary>The JSON object and a line feed.</summary>
    public byte[] Encode()
    {
        var destination = new ArrayBufferWriter<byte>();
        destination.Write(HeadSyntax.BeforeCheckpoint);
        ReceiptWriter.WriteHead(destination, this);
        destination.Write("\n"u8);
        return destination.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Reads what <see cref="Encode"/> writes, copying it; any other bytes are refused.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out SignedHead? head,
        [NotNullWhen(false)] out ReceiptRefusal? refusal)
    {
        head = null;
        refusal = new ReceiptRefusal("end", bytes.Length, "a head ends with one line feed");
        if (!bytes.EndsWith("\n"u8)) return false;
        refusal = new ReceiptRefusal("head", MaxBytes, $"at most {MaxBytes} bytes");
        if (bytes.Length > MaxBytes) return false;
        var reader = new ReceiptReader(bytes[..^1]);
        head = reader.ReadHead();
        refusal = reader.Refusal;
        return head is not null;
    }
}
