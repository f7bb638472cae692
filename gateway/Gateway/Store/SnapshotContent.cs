using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>The content of a snapshot as a file has it: cells, then uses (docs/PROTOCOL.md section 4).
/// </summary>
internal sealed class SnapshotContent(
    ulong number, IStoreFile file, long start, SnapshotFields fields) : IDisposable
{
    // Of either item.
    private const int ItemsAtOnce = 10_000;

    /// <summary>The snapshot's number.</summary>
    public ulong Number => number;

    /// <summary>Bytes of a snapshot's content.</summary>
    public static long Length(SnapshotFields fields) =>
        CellsLength(fields) + (long)fields.UseCount * KeyUse.Bytes;

    /// <summary>The content in parts of whole items.</summary>
    /// <exception cref="IOException">The file became shorter.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Parts() => Cells().Concat(Uses());

    /// <summary>All cells.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Cells() =>
        Read(start, fields.CellCount, CellList.CellBytes);

    /// <summary>All uses.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Uses() =>
        Read(start + CellsLength(fields), fields.UseCount, KeyUse.Bytes);

    /// <summary>True if it has the digests of its snapshot.</summary>
    public bool IsWhole() =>
        Hash("seq-cells/v1\0"u8, Cells()) == fields.Cells
        && Hash("seq-window/v1\0"u8, Uses()) == fields.Window;

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static long CellsLength(SnapshotFields fields) =>
        (long)fields.CellCount * CellList.CellBytes;

    private static Digest Hash(ReadOnlySpan<byte> domain, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var hash = new Sha256Run();
        hash.Append(domain);
        foreach (ReadOnlyMemory<byte> part in parts) hash.Append(part.Span);
        return hash.Finish();
    }

    private IEnumerable<ReadOnlyMemory<byte>> Read(long at, uint items, int itemBytes)
    {
        long left = (long)items * itemBytes;
        while (left > 0)
        {
            // A part of its own each: the link may still be sending the one before.
            byte[] part = GC.AllocateUninitializedArray<byte>(
                (int)Math.Min(left, (long)ItemsAtOnce * itemBytes));
            if (file.Read(part, at) != part.Length) throw new IOException("A snapshot was cut.");
            yield return part;
            at += part.Length;
            left -= part.Length;
        }
    }
}
