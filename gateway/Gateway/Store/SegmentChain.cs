using System.Globalization;

namespace Sequencer.Gateway.Store;

/// <summary>
/// An append-only run of bytes over files named after the offset of their first byte
/// (docs/PROTOCOL.md section 15). What is appended in one call lies in one file.
/// </summary>
/// <remarks>
/// One thread appends. Another may sync, and any may read, at the same time: what they see is an
/// array that is replaced, never changed, and an end that only grows.
/// </remarks>
internal sealed class SegmentChain : IDisposable
{
    private const string Suffix = ".seg";
    private const int NameDigits = 20;
    private const int CopyBytes = 1024 * 1024;

    private readonly IStoreFiles _files;
    private readonly string _directory;
    private readonly long _segmentBytes;
    private volatile Segment[] _segments;
    private long _end;

    private SegmentChain(IStoreFiles files, string directory, long segmentBytes, Segment[] segments)
    {
        _files = files;
        _directory = directory;
        _segmentBytes = segmentBytes;
        _segments = segments;
        _end = segments[^1].Start + segments[^1].File.Length;
    }

    /// <summary>Opens what is there, or starts at offset 0.</summary>
    /// <exception cref="StoreDamagedException">The directory holds what is not a
    /// segment.</exception>
    public static SegmentChain Open(IStoreFiles files, string directory, long segmentBytes)
    {
        var starts = new List<long>();
        foreach (string name in files.List(directory))
        {
            if (!TryParseName(name, out long start))
            {
                throw new StoreDamagedException($"{directory}/{name}", "not a segment's name.");
            }
            starts.Add(start);
        }
        if (starts.Count == 0)
        {
            return new SegmentChain(files, directory, segmentBytes, [Create(files, directory, 0)]);
        }
        starts.Sort();
        Segment[] segments = [.. starts.Select(start =>
        {
            string path = PathOf(directory, start);
            return new Segment(start, path, files.Open(path));
        })];
        return new SegmentChain(files, directory, segmentBytes, segments);
    }

    /// <summary>The offset after the last byte.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>The segments, in order.</summary>
    public IReadOnlyList<Segment> Segments => _segments;

    /// <summary>Appends the parts, whose lengths add up to <paramref name="length"/>, as one write.
    /// </summary>
    /// <returns>The offset of their first byte.</returns>
    public long Append(IReadOnlyList<ReadOnlyMemory<byte>> parts, long length)
    {
        Segment last = RollIfFull();
        long offset = _end;
        last.File.Write(parts, offset - last.Start);
        Volatile.Write(ref _end, offset + length);
        return offset;
    }

    /// <summary>Makes all that was appended before the call durable.</summary>
    /// <returns>The offset up to which that is so.</returns>
    public long Sync()
    {
        // In this order: what lies before the end is in the segment read next, or in one before it,
        // which was synced when it was closed.
        long end = End;
        _segments[^1].File.Sync();
        return end;
    }

    /// <summary>Fills the span from one segment; false if not all of it is there.</summary>
    public bool TryRead(long offset, Span<byte> destination) =>
        ReadAtMost(offset, destination) == destination.Length;

    /// <summary>Writes over bytes of one segment that were appended before. Readers may see any
    /// mixture meanwhile, and after a crash before <see cref="SyncAt"/>.</summary>
    public void Overwrite(long offset, ReadOnlyMemory<byte> bytes)
    {
        Segment segment = FindAt(offset)
            ?? throw new ArgumentOutOfRangeException(nameof(offset), offset, "No segment has it.");
        segment.File.Write([bytes], offset - segment.Start);
    }

    /// <summary>Makes durable what was written over in the segments of these offsets.</summary>
    public void SyncAt(IEnumerable<ulong> offsets)
    {
        foreach (Segment? segment in offsets.Select(o => FindAt((long)o)).Distinct())
        {
            segment?.File.Sync();
        }
    }

    /// <summary>Reads up to the end of the segment at most; 0 outside all segments.</summary>
    public int ReadAtMost(long offset, Span<byte> destination)
    {
        Segment? segment = FindAt(offset);
        return segment is null ? 0 : segment.File.Read(destination, offset - segment.Start);
    }

    /// <summary>Cuts the last segment at <paramref name="end"/>, durably. Only before any append.
    /// </summary>
    public void Cut(long end)
    {
        Segment last = _segments[^1];
        last.File.Truncate(end - last.Start);
        last.File.Sync();
        Volatile.Write(ref _end, end);
    }

    /// <summary>
    /// Writes the bytes from an offset on once more and syncs them. An earlier process may have
    /// seen their sync fail, after which the kernel takes the pages for clean: they can be read,
    /// are not on the disk, and only a new write puts them there. Only before any append.
    /// </summary>
    public void Rewrite(long from)
    {
        byte[] buffer = new byte[CopyBytes];
        foreach (Segment segment in _segments)
        {
            long at = Math.Max(from - segment.Start, 0);
            long length = segment.File.Length;
            if (at >= length) continue;
            while (at < length)
            {
                int read = segment.File.Read(buffer, at);
                if (read == 0) throw new IOException($"{segment.Path} became shorter.");
                segment.File.Write([buffer.AsMemory(0, read)], at);
                at += read;
            }
            segment.File.Sync();
        }
    }

    public void Dispose()
    {
        foreach (Segment segment in _segments) segment.File.Dispose();
    }

    private Segment? FindAt(long offset)
    {
        Segment[] segments = _segments;
        int low = 0;
        int high = segments.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (segments[middle].Start <= offset) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? null : segments[low - 1];
    }

    private Segment RollIfFull()
    {
        Segment last = _segments[^1];
        if (_end - last.Start < _segmentBytes) return last;
        // Before the next segment exists, so that only the last one can ever end in a torn write.
        last.File.Sync();
        Segment next = Create(_files, _directory, _end);
        _segments = [.. _segments, next];
        return next;
    }

    private static Segment Create(IStoreFiles files, string directory, long start)
    {
        string path = PathOf(directory, start);
        var segment = new Segment(start, path, files.Create(path));
        files.SyncDirectory(directory);
        return segment;
    }

    private static string PathOf(string directory, long start) =>
        string.Create(CultureInfo.InvariantCulture, $"{directory}/{start:D20}{Suffix}");

    private static bool TryParseName(string name, out long start)
    {
        start = 0;
        return name.Length == NameDigits + Suffix.Length
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(
                name.AsSpan(0, NameDigits),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out start);
    }
}

/// <summary>One file of a chain.</summary>
/// <param name="Start">Offset of its first byte in the chain.</param>
/// <param name="Path">Its path.</param>
/// <param name="File">The open file.</param>
internal sealed record Segment(long Start, string Path, IStoreFile File);
