using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Log;

/// <summary>
/// A digest over the items of a snapshot's content: <c>H(domain || items)</c> (docs/PROTOCOL.md
/// section 4). Items are hashed many at a time.
/// </summary>
public sealed class SnapshotDigest : IDisposable
{
    private const int ItemsAtOnce = 1024;

    private readonly Sha256Run _hash = new();
    private readonly byte[] _buffer = new byte[ItemsAtOnce * KeyUse.Bytes];
    private int _filled;

    private SnapshotDigest(ReadOnlySpan<byte> domain) => _hash.Append(domain);

    /// <summary>The digest of all cells, in the order of their first use.</summary>
    public static Digest OfCells(CellList cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        using var hash = new SnapshotDigest("seq-cells/v1\0"u8);
        for (int at = 0; at < cells.Count;)
        {
            int count = cells.Write(at, hash._buffer);
            hash._filled = count * CellList.CellBytes;
            hash.Flush();
            at += count;
        }
        return hash.Finish();
    }

    /// <summary>Begins the digest of a window, whose uses are added oldest first.</summary>
    public static SnapshotDigest OfWindow() => new("seq-window/v1\0"u8);

    /// <summary>The digest of a window.</summary>
    public static Digest OfWindow(IEnumerable<KeyUse> oldestFirst)
    {
        ArgumentNullException.ThrowIfNull(oldestFirst);
        using SnapshotDigest hash = OfWindow();
        foreach (KeyUse use in oldestFirst) hash.Add(use);
        return hash.Finish();
    }

    /// <summary>Takes the next use.</summary>
    public void Add(in KeyUse use)
    {
        use.Write(_buffer.AsSpan(_filled));
        _filled += KeyUse.Bytes;
        if (_filled == _buffer.Length) Flush();
    }

    /// <summary>The digest of all that was added.</summary>
    public Digest Finish()
    {
        Flush();
        return _hash.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void Flush()
    {
        _hash.Append(_buffer.AsSpan(0, _filled));
        _filled = 0;
    }
}
