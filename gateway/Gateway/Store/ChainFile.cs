using System.Buffers;

namespace Sequencer.Gateway.Store;

/// <summary>
/// A flat file of rows of one size, appended to by one writer and read by anybody. Derived: synced
/// only for a <see cref="DerivedMark"/>.
/// </summary>
internal sealed class ChainFile : IDisposable
{
    private const int BytesAtOnce = 1024 * 1024;

    private readonly IStoreFile _file;
    private readonly string _path;
    private readonly int _rowBytes;
    private readonly ArrayBufferWriter<byte> _staged = new();

    private ChainFile(IStoreFile file, string path, int rowBytes, ulong count)
    {
        _file = file;
        _path = path;
        _rowBytes = rowBytes;
        Flushed = count;
    }

    /// <summary>Rows that were written.</summary>
    public ulong Flushed { get; private set; }

    /// <summary>Rows, staged ones counted.</summary>
    public ulong Count => Flushed + (ulong)(_staged.WrittenCount / _rowBytes);

    /// <summary>Makes an empty file.</summary>
    public static ChainFile Create(IStoreFiles files, string path, int rowBytes) =>
        new(files.Create(path), path, rowBytes, 0);

    /// <summary>Opens the first so many rows of a file; null if it has fewer.</summary>
    public static ChainFile? TryOpen(IStoreFiles files, string path, int rowBytes, ulong count)
    {
        if (!files.List(NumberIndex.Directory).Contains(Path.GetFileName(path))) return null;
        IStoreFile file = files.Open(path);
        if ((ulong)file.Length / (ulong)rowBytes >= count)
        {
            return new ChainFile(file, path, rowBytes, count);
        }
        file.Dispose();
        return null;
    }

    /// <summary>Room for one more row, to be filled before the next call.</summary>
    public Span<byte> Stage()
    {
        Span<byte> row = _staged.GetSpan(_rowBytes)[.._rowBytes];
        _staged.Advance(_rowBytes);
        return row;
    }

    /// <summary>Forgets what was staged.</summary>
    public void Discard() => _staged.ResetWrittenCount();

    /// <summary>Writes what was staged.</summary>
    public void Flush()
    {
        if (_staged.WrittenCount == 0) return;
        _file.Write([_staged.WrittenMemory], (long)Flushed * _rowBytes);
        Flushed = Count;
        Discard();
    }

    /// <summary>A row that is staged.</summary>
    public ReadOnlySpan<byte> Staged(ulong row) =>
        _staged.WrittenSpan.Slice((int)(row - Flushed) * _rowBytes, _rowBytes);

    /// <summary>Fills the span from a row that was written.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public void Read(ulong row, Span<byte> rows)
    {
        if (_file.Read(rows, (long)row * _rowBytes) != rows.Length)
        {
            throw new IOException($"{_path} ends before row {row}.");
        }
    }

    /// <summary>Shows every row that was written, in order; false as soon as one is refused.
    /// </summary>
    public bool TryReadAll(Func<ReadOnlySpan<byte>, bool> take)
    {
        byte[] buffer = new byte[BytesAtOnce / _rowBytes * _rowBytes];
        ulong rowsAtOnce = (ulong)(buffer.Length / _rowBytes);
        for (ulong row = 0; row < Flushed; row += rowsAtOnce)
        {
            Span<byte> some =
                buffer.AsSpan(0, (int)Math.Min(rowsAtOnce, Flushed - row) * _rowBytes);
            Read(row, some);
            for (; !some.IsEmpty; some = some[_rowBytes..])
            {
                if (!take(some[.._rowBytes])) return false;
            }
        }
        return true;
    }

    /// <summary>Makes all that was written before the call durable.</summary>
    public void Sync() => _file.Sync();

    public void Dispose() => _file.Dispose();
}
