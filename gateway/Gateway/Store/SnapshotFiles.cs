using System.Buffers.Binary;
using System.Globalization;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// The contents of snapshots, a file each, named by the snapshot's number: a header, the cells, the
/// uses. Derived: any may be deleted at any time, and what is in them is believed only with the
/// snapshot's digests.
/// </summary>
internal sealed class SnapshotFiles(IStoreFiles files)
{
    private const string Directory = "snapshots";
    private const string Unfinished = ".unfinished";
    private const int HeaderBytes = 16;
    private const int BufferBytes = 1024 * 1024;

    // The version of the file's form: another one is not read.
    private static ReadOnlySpan<byte> Magic => "SQSC\0\0\0\x01"u8;

    /// <summary>Numbers of the snapshots that have a file, newest first.</summary>
    public IReadOnlyList<ulong> List()
    {
        var numbers = new List<ulong>();
        foreach (string name in files.List(Directory))
        {
            bool isNumber = ulong.TryParse(
                name, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
            if (isNumber) numbers.Add(number);
        }
        numbers.Sort((a, b) => b.CompareTo(a));
        return numbers;
    }

    /// <summary>Opens a content; null if the file is not one of so many items.</summary>
    public SnapshotContent? TryOpen(ulong number, SnapshotFields fields)
    {
        IStoreFile file = files.Open(PathOf(number));
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (file.Read(header, 0) == HeaderBytes
            && header.StartsWith(Magic)
            && BinaryPrimitives.ReadUInt64BigEndian(header[8..]) == number
            && file.Length == HeaderBytes + SnapshotContent.Length(fields))
        {
            return new SnapshotContent(number, file, HeaderBytes, fields);
        }
        file.Dispose();
        return null;
    }

    /// <summary>
    /// Writes a content so that a crash leaves it whole or not there, and then deletes all others.
    /// </summary>
    public void Put(ulong number, CellList cells, IEnumerable<KeyUse> uses)
    {
        files.CreateDirectory(Directory);
        string unfinished = PathOf(number) + Unfinished;
        Clear(name => name.EndsWith(Unfinished, StringComparison.Ordinal));
        using (IStoreFile file = files.Create(unfinished))
        {
            var writer = new Writer(file);
            Span<byte> header = writer.Take(HeaderBytes);
            Magic.CopyTo(header);
            BinaryPrimitives.WriteUInt64BigEndian(header[8..], number);
            for (int i = 0; i < cells.Count; i++) cells.Write(i, writer.Take(CellList.CellBytes));
            foreach (KeyUse use in uses) use.Write(writer.Take(KeyUse.Bytes));
            writer.Flush();
            file.Sync();
        }
        files.Rename(unfinished, PathOf(number));
        files.SyncDirectory(Directory);
        string kept = Path.GetFileName(PathOf(number));
        Clear(name => name != kept);
    }

    private void Clear(Func<string, bool> isOld)
    {
        foreach (string name in files.List(Directory).Where(isOld))
        {
            files.Delete($"{Directory}/{name}");
        }
    }

    private static string PathOf(ulong number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Directory}/{number}");

    // Items are small, writes are not.
    private sealed class Writer(IStoreFile file)
    {
        private readonly byte[] _buffer = new byte[BufferBytes];
        private int _filled;
        private long _written;

        public Span<byte> Take(int length)
        {
            if (_filled + length > _buffer.Length) Flush();
            _filled += length;
            return _buffer.AsSpan(_filled - length, length);
        }

        public void Flush()
        {
            file.Write([_buffer.AsMemory(0, _filled)], _written);
            _written += _filled;
            _filled = 0;
        }
    }
}
