using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Receipts;

/// <summary>
/// The evidence that a record stands at its number (docs/PROTOCOL.md section 9), as it was received
/// or is about to be sent. Nothing in it is verified; see <c>LogVerifier</c>.
/// </summary>
/// <remarks>Keeps the memory that it is given: the owner must not change it afterwards.</remarks>
public sealed class Receipt
{
    /// <summary>Media type of <see cref="Encode"/>.</summary>
    public const string MediaType = "application/vnd.sequencer.receipt+json";

    /// <summary>Longest encoded receipt, in bytes: above what the longest parts can make.</summary>
    public const int MaxBytes = 384 * 1024;

    /// <summary>Longest checkpoint, in bytes.</summary>
    public const int CheckpointMaxBytes = SignedNote.MaxBytes;

    /// <summary>Puts a receipt together.</summary>
    /// <param name="record">The encoded record.</param>
    /// <param name="request">Its encoded request; empty for a statement.</param>
    /// <param name="metadata">Its metadata block; empty for a statement.</param>
    /// <param name="inclusion">The record's inclusion proof, nearest sibling first.</param>
    /// <param name="checkpoint">The signed note.</param>
    /// <param name="epoch">The epoch that signed the checkpoint.</param>
    /// <exception cref="ArgumentException">A part is too long to be read again, or the checkpoint
    /// has a character that would need an escape.</exception>
    public Receipt(
        ReadOnlyMemory<byte> record,
        ReadOnlyMemory<byte> request,
        ReadOnlyMemory<byte> metadata,
        ReadOnlyMemory<Digest> inclusion,
        ReadOnlyMemory<byte> checkpoint,
        ReceiptEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ThrowIfLonger(record.Length, Limits.RecordMaxBytes, nameof(record));
        ThrowIfLonger(request.Length, AppendRequest.MaxBytes, nameof(request));
        ThrowIfLonger(metadata.Length, Limits.MetadataMaxBytes, nameof(metadata));
        ThrowIfLonger(inclusion.Length, TreeHash.MaxInclusionPath, nameof(inclusion));
        ThrowIfLonger(checkpoint.Length, CheckpointMaxBytes, nameof(checkpoint));
        ThrowIfLonger(epoch.Statement.Length, Limits.RecordMaxBytes, nameof(epoch));
        ThrowIfLonger(epoch.Inclusion.Length, TreeHash.MaxInclusionPath, nameof(epoch));
        ThrowIfLonger(epoch.Document.Length, AttestationLimits.DocumentBytesMax, nameof(epoch));
        if (!IsCheckpointText(checkpoint.Span))
        {
            throw new ArgumentException("A checkpoint needs no escapes.", nameof(checkpoint));
        }
        Record = record;
        Request = request;
        Metadata = metadata;
        Inclusion = inclusion;
        Checkpoint = checkpoint;
        Epoch = epoch;
    }

    /// <summary>The encoded record: an entry or a statement.</summary>
    public ReadOnlyMemory<byte> Record { get; }

    /// <summary>The encoded request; empty for a statement.</summary>
    public ReadOnlyMemory<byte> Request { get; }

    /// <summary>The metadata block; empty for a statement.</summary>
    public ReadOnlyMemory<byte> Metadata { get; }

    /// <summary>The record's inclusion proof under the checkpoint.</summary>
    public ReadOnlyMemory<Digest> Inclusion { get; }

    /// <summary>The signed note, UTF-8.</summary>
    public ReadOnlyMemory<byte> Checkpoint { get; }

    /// <summary>The epoch that signed the checkpoint, which may be later than the
    /// record's.</summary>
    public ReceiptEpoch Epoch { get; }

    /// <summary>The receipt as a file: the JSON object and a line feed.</summary>
    public byte[] Encode()
    {
        var destination = new ArrayBufferWriter<byte>(LengthMax);
        WriteObject(destination);
        destination.Write("\n"u8);
        return destination.WrittenSpan.ToArray();
    }

    /// <summary>An upper bound of the encoded length, in bytes.</summary>
    public int LengthMax => ReceiptWriter.Length(this) + 1;

    /// <summary>
    /// Writes the JSON object without the line feed, to stand as a value in a larger JSON text.
    /// </summary>
    public void WriteObject(IBufferWriter<byte> destination) =>
        ReceiptWriter.Write(destination, this);

    /// <summary>
    /// Reads what <see cref="Encode"/> writes, copying it; any other bytes are refused.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out Receipt? receipt,
        [NotNullWhen(false)] out ReceiptRefusal? refusal)
    {
        if (bytes.EndsWith("\n"u8)) return TryDecodeObject(bytes[..^1], out receipt, out refusal);
        receipt = null;
        refusal = new ReceiptRefusal("end", bytes.Length, "a receipt ends with one line feed");
        return false;
    }

    /// <summary>Reads what <see cref="WriteObject"/> writes, copying it.</summary>
    public static bool TryDecodeObject(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out Receipt? receipt,
        [NotNullWhen(false)] out ReceiptRefusal? refusal)
    {
        if (json.Length >= MaxBytes)
        {
            receipt = null;
            refusal = new ReceiptRefusal("receipt", MaxBytes, $"at most {MaxBytes} bytes");
            return false;
        }
        var reader = new ReceiptReader(json);
        receipt = reader.ReadReceipt();
        refusal = reader.Refusal;
        return receipt is not null;
    }

    /// <summary>
    /// Text that a canonical JSON writer puts between quotes unchanged, but for line feeds.
    /// </summary>
    internal static bool IsCheckpointText(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (b is < 0x20 and not (byte)'\n' or (byte)'"' or (byte)'\\' or 0x7F) return false;
        }
        return Utf8.IsValid(text);
    }

    private static void ThrowIfLonger(int length, int max, string part)
    {
        if (length > max) throw new ArgumentException($"{length} instead of at most {max}.", part);
    }
}

/// <summary>Why bytes are not a receipt in its one form.</summary>
/// <param name="Member">The member that was being read.</param>
/// <param name="Offset">Where, in bytes from the start.</param>
/// <param name="Reason">What should have been there.</param>
public sealed record ReceiptRefusal(string Member, int Offset, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"at byte {Offset}, in {Member}: {Reason}";
}
