using System.Text;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Notes;

namespace Sequencer.Cli.Backups;

/// <summary>What a backup did.</summary>
/// <param name="Manifest">What the folder holds now.</param>
/// <param name="RecordsBefore">Records that it held before.</param>
/// <param name="BytesCopied">Bytes that were copied, of log and payloads.</param>
/// <param name="IdentityKept">Name of the file with the identity that the backup had and the log no
/// longer has; empty as a rule.</param>
internal sealed record BackupResult(
    BackupManifest Manifest, ulong RecordsBefore, ulong BytesCopied, string IdentityKept);

/// <summary>
/// Copies a log up to its newest signed head, beside a running gateway, into a folder that may hold
/// an earlier backup of it. The log only grows, so a copy up to a head is a whole log.
/// </summary>
/// <remarks>
/// The source is read from its start each time, payloads apart: that is how a fork is noticed. A
/// crash leaves the manifest of the last step that was finished, and behind it bytes that do not
/// count.
/// </remarks>
internal sealed class LogBackup : IDisposable
{
    /// <summary>Bytes after which what was copied becomes a backup of its own, so that one that is
    /// killed does not begin anew.</summary>
    private const ulong StepBytes = 1024 * 1024 * 1024;

    private const int KeptNameDigits = 16;

    private readonly LogFolder _source;
    private readonly IFolder _target;
    private readonly BackupManifest? _before;
    private readonly IDisposable _lock;
    private readonly LogReading _reading;
    private readonly (Checkpoint Head, string Note)? _cosigned;
    private readonly byte[] _identity;
    private readonly ulong _stepBytes;
    private readonly SortedDictionary<string, BackupFile> _smallFiles = new(StringComparer.Ordinal);
    private readonly CopiedSegments _log;
    private readonly CopiedSegments _payload;
    private readonly LogTombstones _tombstones;
    private ulong _sinceStep;

    private LogBackup(
        LogFolder source,
        IFolder target,
        (IDisposable Lock, BackupManifest? Before) taken,
        (Checkpoint Head, string Note)? cosigned,
        byte[] identity,
        Action<ulong>? advance,
        ulong stepBytes)
    {
        _source = source;
        _target = target;
        (_lock, _before) = taken;
        _cosigned = cosigned;
        // One that the directory has lost is the backup's to keep.
        _identity = identity.Length > 0 ? identity : _before?.Identity ?? [];
        _stepBytes = stepBytes;
        _reading = new LogReading(source, advance);
        _tombstones = new LogTombstones(source);
        IReadOnlyList<BackupFile> files = _before?.Files ?? [];
        _log = new CopiedSegments(target, files.Where(file => file.IsIn("log")));
        _payload = new CopiedSegments(target, files.Where(file => file.IsIn("payload")));
        foreach (BackupFile file in files)
        {
            if (!LogFolder.SegmentFolders.Any(file.IsIn)) _smallFiles.Add(file.Path, file);
        }
    }

    private LogWalk Walk => _reading.Walk;

    /// <summary>Opens both sides; nothing is changed but that an empty folder gets its lock.
    /// </summary>
    /// <exception cref="CommandFailure">One of them is not what it should be.</exception>
    public static LogBackup Open(
        string dataDirectory,
        IFolder target,
        Func<LogFolder, Action<ulong>?>? progress = null,
        ulong stepBytes = StepBytes)
    {
        // In this order: a head is cosigned after its frame was written.
        var cosigned = LogFolder.ReadCosigned(dataDirectory);
        LogFolder source = LogFolder.OfDataDirectory(dataDirectory);
        // And the identity is there before the first frame.
        byte[] identity = LogFolder.ReadIdentity(dataDirectory);
        return new LogBackup(
            source, target, BackupFolder.Take(target), cosigned, identity,
            progress?.Invoke(source), stepBytes);
    }

    /// <summary>Copies what is new. The last step counts only once <paramref name="audit"/>, if
    /// there is one, went through the copy without an exception.</summary>
    /// <exception cref="CommandFailure">The log is damaged, or does not extend the backup.
    /// </exception>
    public async Task<BackupResult> RunAsync(
        Func<BackupManifest, Task>? audit, CancellationToken cancellationToken)
    {
        if (_before is not null) Walk.Watch(_before.Size);
        if (_cosigned is { } cosigned) Walk.Watch(cosigned.Head.Size);
        ulong bytesBefore = _log.End + _payload.End;
        bool isJoined = _before is null;
        await foreach (ScannedFrame frame in _reading.ReadAsync(cancellationToken))
        {
            // Those before the join too: a backup that was killed may have copied them and no more.
            await _tombstones.TakeAsync(Walk.Entries, cancellationToken);
            if (isJoined) await CopyAsync(frame, cancellationToken);
            else isJoined = IsJoinedHere();
        }
        if (Walk.Head is null)
        {
            throw new CommandFailure($"{_source.Path} has no signed head yet: nothing to back up.");
        }
        if (!isJoined) throw CutBack();
        if (_cosigned is { } ahead && ahead.Head.Size > Walk.Size)
        {
            throw LogFolder.Damaged(
                _source.Path, "log",
                $"{Walk.Size} records, and witnesses cosigned {ahead.Head.Size}: its end is lost");
        }
        if (Walk.CheckSignatures() is { } fault)
        {
            throw LogFolder.Damaged(_source.Path, "log", $"the last head: {fault.TrimEnd('.')}");
        }
        var erased = new ErasedSegments(_target);
        BackupManifest manifest = Describe(
            erased.Prepare(_payload.Files, await _tombstones.FindErasedAsync(cancellationToken)));
        if (_before is null || !manifest.Encode().SequenceEqual(_before.Encode()))
        {
            SettleFiles();
            if (audit is not null) await audit(manifest);
            Finish(manifest);
            erased.Finish();
        }
        else if (audit is not null)
        {
            await audit(manifest);
        }
        return new BackupResult(
            manifest, _before?.Size ?? 0, _log.End + _payload.End - bytesBefore, KeptPath());
    }

    public void Dispose()
    {
        _log.Dispose();
        _payload.Dispose();
        _lock.Dispose();
    }

    /// <summary>Holds the log to the backup: true at the frame that the backup ends with.</summary>
    private bool IsJoinedHere()
    {
        BackupManifest before = _before!;
        if (Walk.Statements[0].LogId != before.LogId)
        {
            throw new CommandFailure(
                $"{_target.Path} is the backup of another log, {before.LogId.ToHex()} "
                + $"({before.Origin}): {_source.Path} is {Walk.Statements[0].LogId.ToHex()} "
                + $"({Walk.Head!.Origin}).",
                ExitCodes.Refused);
        }
        if (Walk.Size < before.Size) return false;
        if (Walk.RootAt(before.Size) != before.Root)
        {
            throw new CommandFailure(
                $"FORK: at size {before.Size} the backup in {_target.Path} has root "
                + $"{before.Root.ToHex()}, and {_source.Path} has "
                + $"{Walk.RootAt(before.Size)?.ToHex()}. One log has two histories, as when an "
                + "older copy was continued. Nothing was changed: keep both, and back up into another "
                + "folder. 'sequencer audit --held RECEIPT --evidence FILE' makes proof of it.",
                ExitCodes.Refused);
        }
        if (Walk.Size != before.Size || Walk.End != _log.End)
        {
            throw new CommandFailure(
                $"{_source.Path} holds the records of the backup in {_target.Path} in other "
                + "frames: it is not the directory that was backed up. Back up into another folder.",
                ExitCodes.Refused);
        }
        return true;
    }

    private CommandFailure CutBack() => new(
        $"{_source.Path} has {Walk.Size} records, and the backup in {_target.Path} has "
        + $"{_before!.Size}: the log was cut back, or is an older copy. Nothing was changed. The "
        + "backup is the longer one: see \"The end of the log is lost\" in docs/OPERATING.md.",
        ExitCodes.Refused);

    // First what the frame names, then the frame: so the copy at any moment is a log that was torn
    // at most at its end.
    private async Task CopyAsync(ScannedFrame frame, CancellationToken cancellationToken)
    {
        if (_log.End == 0) Begin();
        ulong copied = _log.End + _payload.End;
        ulong payloadEnd = await _reading.CheckPayloadsAsync(cancellationToken);
        await _payload.CopyAsync(_source, _source.Payload, payloadEnd, cancellationToken);
        CopyDocuments();
        _log.Append(frame.Segment, frame.Bytes.Span);
        _sinceStep += _log.End + _payload.End - copied;
        if (_sinceStep < _stepBytes) return;
        SettleFiles();
        Finish(Describe(_payload.Files));
        _sinceStep = 0;
    }

    private void Begin()
    {
        foreach (string folder in (string[])[.. LogFolder.SegmentFolders, "epochs"])
        {
            _target.CreateDirectory(folder);
        }
        Put(LogFolder.FormatPath, LogFolder.Format);
    }

    private void CopyDocuments()
    {
        for (int i = Walk.Statements.Count - 1; i >= 0; i--)
        {
            uint epoch = Walk.Statements[i].Fields.Epoch;
            if (_smallFiles.ContainsKey(LogFolder.DocumentPath(epoch))) return;
            Put(LogFolder.DocumentPath(epoch), _source.ReadDocument(epoch));
        }
    }

    private void Put(string path, ReadOnlySpan<byte> bytes)
    {
        _target.Write(path, bytes);
        _smallFiles[path] = new BackupFile(path, (ulong)bytes.Length, Sha256.Hash(bytes));
    }

    private BackupManifest Describe(IEnumerable<BackupFile> payload) => new()
    {
        Origin = Walk.Head!.Origin,
        LogId = Walk.Statements[0].LogId,
        Epoch = Walk.Statements[^1].Fields.Epoch,
        Size = Walk.Size,
        Root = Walk.Head.Root,
        Cosigned = CosignedNote(),
        Identity = _identity,
        Files =
        [
            .. _smallFiles.Values.Concat(_log.Files).Concat(payload)
                .OrderBy(file => file.Path, StringComparer.Ordinal),
        ],
    };

    private string CosignedNote()
    {
        if (_cosigned is not { } cosigned) return _before?.Cosigned ?? "";
        // In the steps before the last one the log may not have come so far yet.
        if (Walk.RootAt(cosigned.Head.Size) is not { } root) return _before?.Cosigned ?? "";
        return root == cosigned.Head.Root
            ? cosigned.Note
            : throw LogFolder.Damaged(
                _source.Path, LogFolder.CosignedPath, "witnesses cosigned another history");
    }

    // All that a manifest lists is durable before it is written. The source too: a head that its
    // gateway has not synced yet was told to nobody, and a power cut could take it away there and
    // leave it here.
    private void SettleFiles()
    {
        SyncSource(_source.Log, _log.End);
        SyncSource(_source.Payload, _payload.End);
        _log.Sync();
        _payload.Sync();
        foreach (string folder in LogFolder.SegmentFolders) _target.SyncDirectory(folder);
        _target.SyncDirectory("epochs");
        _target.SyncDirectory("");
    }

    private void Finish(BackupManifest manifest)
    {
        if (manifest.Cosigned.Length > 0)
        {
            // For audits of the folder where it lies; a restore takes the manifest's.
            _target.Replace(
                LogFolder.CosignedPath, Encoding.UTF8.GetBytes(manifest.Cosigned));
        }
        if (manifest.Identity.Length > 0)
        {
            // For whoever copies the folder by hand, likewise.
            _target.Replace(LogFolder.IdentityPath, manifest.Identity);
        }
        if (KeptPath() is { Length: > 0 } kept) _target.Replace(kept, _before!.Identity);
        _target.Replace(BackupManifest.FileName, manifest.Encode());
    }

    // Witnesses know the key that was there first, and nothing makes it again: that the log lost it
    // and was given another is no reason to lose it here.
    private string KeptPath() =>
        _before is { Identity: { Length: > 0 } before } && !before.AsSpan().SequenceEqual(_identity)
            ? $"{LogFolder.IdentityPath}.{Sha256.Hash(before).ToHex()[..KeptNameDigits]}"
            : "";

    private static void SyncSource(List<SegmentFile> segments, ulong end)
    {
        SegmentFile? last = segments.LastOrDefault(segment => segment.Start < end);
        if (last is not null) DiskFolder.SyncFile(last.Path);
    }
}
