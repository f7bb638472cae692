using System.Security.Cryptography;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;

namespace Sequencer.Cli.Backups;

/// <summary>
/// The segments of one folder of a backup while it is extended. What a backup that was killed left
/// behind the manifest's end is cut off first: whether it is on the disk, nobody knows.
/// </summary>
internal sealed class CopiedSegments : IDisposable
{
    private const int BufferBytes = 1024 * 1024;

    private readonly IFolder _target;
    private readonly List<BackupFile> _closed;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private BackupFile? _growing;
    private IFolderFile? _file;

    /// <param name="target">The backup's folder.</param>
    /// <param name="known">The segments that the manifest lists.</param>
    public CopiedSegments(IFolder target, IEnumerable<BackupFile> known)
    {
        _target = target;
        _closed = [.. known];
        if (_closed.Count == 0) return;
        _growing = _closed[^1];
        _closed.RemoveAt(_closed.Count - 1);
    }

    /// <summary>Offset after the last byte.</summary>
    public ulong End => _growing is null ? 0 : _growing.Start + _growing.Bytes;

    /// <summary>The segments, with the digests of what they hold now.</summary>
    public IEnumerable<BackupFile> Files => _growing is null ? _closed : [.. _closed, Described()];

    /// <summary>Appends bytes of a segment of the source, which begin at <see cref="End"/>.
    /// </summary>
    /// <exception cref="CommandFailure">What the backup has of that segment is damaged.</exception>
    public void Append(SegmentFile segment, ReadOnlySpan<byte> bytes)
    {
        if (_growing?.Path != segment.Name) Roll(segment);
        else if (_file is null) Reopen();
        _file!.Write(bytes, (long)_growing!.Bytes);
        _hash.AppendData(bytes);
        _growing = _growing with { Bytes = _growing.Bytes + (ulong)bytes.Length };
    }

    /// <summary>Appends what segments of the source hold from <see cref="End"/> on.</summary>
    /// <exception cref="CommandFailure">The source does not have it.</exception>
    public async Task CopyAsync(
        LogFolder source,
        List<SegmentFile> segments,
        ulong end,
        CancellationToken cancellationToken)
    {
        while (End < end)
        {
            ulong at = End;
            SegmentFile? segment = segments.LastOrDefault(s => s.Start <= at);
            if (segment is null || at - segment.Start >= segment.Length)
            {
                throw LogFolder.Damaged(
                    source.Path, "payload", $"what begins at {at} among all payloads is missing");
            }
            ulong left = Math.Min(end, segment.Start + segment.Length) - at;
            Memory<byte> part = _buffer.AsMemory(0, (int)Math.Min(left, BufferBytes));
            int read = await segment.ReadAsync(at - segment.Start, part, cancellationToken);
            if (read == 0)
            {
                throw LogFolder.Damaged(source.Path, segment.Name, "it became shorter");
            }
            Append(segment, part.Span[..read]);
        }
    }

    /// <summary>Makes all that was appended durable, but for the names.</summary>
    public void Sync() => _file?.Sync();

    public void Dispose()
    {
        _file?.Dispose();
        _hash.Dispose();
    }

    private BackupFile Described() => _file is null
        ? _growing!
        : _growing! with { Sha256 = new Digest(_hash.GetCurrentHash()) };

    private void Roll(SegmentFile segment)
    {
        if (_growing is not null)
        {
            Sync();
            _closed.Add(Described());
            _file?.Dispose();
        }
        _growing = new BackupFile(segment.Name, 0, Digest.Zero);
        _hash.GetHashAndReset();
        _file = _target.Open(segment.Name);
        _file.Truncate(0);
    }

    // The bytes that are there become part of a new digest, so they must be those of the old one.
    private void Reopen()
    {
        BackupFile known = _growing!;
        // Not the other buffer, which holds what is about to be appended.
        var buffer = new byte[BufferBytes];
        _file = _target.Open(known.Path);
        for (ulong at = 0; at < known.Bytes;)
        {
            int part = (int)Math.Min(known.Bytes - at, BufferBytes);
            int read = _file.Read(buffer.AsSpan(0, part), (long)at);
            if (read == 0) break;
            _hash.AppendData(buffer, 0, read);
            at += (ulong)read;
        }
        if (new Digest(_hash.GetCurrentHash()) != known.Sha256)
        {
            throw LogFolder.Damaged(
                _target.Path, known.Path,
                "damaged: not the bytes that were backed up. Begin a new backup in another folder");
        }
        _file.Truncate((long)known.Bytes);
    }
}
