namespace Sequencer.Attestation.Log;

/// <summary>
/// A seal: the last record of an epoch that ended as planned, a view over canonical bytes
/// (docs/PROTOCOL.md section 4). It can be withheld, so its absence proves nothing.
/// </summary>
public readonly ref struct SealRecord
{
    /// <summary>Length of a seal, in bytes.</summary>
    public const int Bytes = RecordHeader.Bytes + Digest.Size;

    private SealRecord(ReadOnlySpan<byte> bytes, RecordHeader header)
    {
        Header = header;
        Statement = new Digest(bytes[RecordHeader.Bytes..]);
    }

    /// <summary>Epoch, number, time and previous hash.</summary>
    public RecordHeader Header { get; }

    /// <summary>Hash of the statement of the epoch that it ends.</summary>
    public Digest Statement { get; }

    /// <summary>
    /// Reads a seal that must fill <paramref name="bytes"/>; false unless canonical.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SealRecord seal)
    {
        seal = default;
        if (!RecordHeader.TryRead(bytes, out RecordHeader header)) return false;
        if (header.Type != RecordType.Seal || header.Count != 0 || header.Number == 0) return false;
        if (bytes.Length != Bytes) return false;
        seal = new SealRecord(bytes, header);
        return true;
    }

    /// <summary>
    /// Writes the seal of a statement's epoch at a position after it, <see cref="Bytes"/> bytes at
    /// the start of <paramref name="destination"/>.
    /// </summary>
    public static void Write(
        Span<byte> destination,
        EpochStatement statement,
        ulong number,
        ulong timeMs,
        in Digest previous)
    {
        ArgumentNullException.ThrowIfNull(statement);
        RecordHeader.Write(
            destination,
            RecordType.Seal,
            count: 0,
            statement.Fields.Epoch,
            number,
            timeMs,
            previous);
        statement.Hash.CopyTo(destination[RecordHeader.Bytes..]);
    }
}
