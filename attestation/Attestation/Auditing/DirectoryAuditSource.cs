using System.Runtime.CompilerServices;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// A gateway's data directory (docs/PROTOCOL.md section 15), read where it lies, running or not.
/// Adds to an audit what only the disk knows: commit frames, the head of every batch, and payloads.
/// Derived files are not looked at.
/// </summary>
public sealed class DirectoryAuditSource : IAuditSource
{
    private const string Format = "sequencer-store/v1\n";
    private const int DocumentMaxBytes = Nitro.AttestationLimits.DocumentBytesMax;

    private readonly string _directory;
    private readonly List<SegmentFile> _segments;
    private readonly PayloadComparison _payloads;
    private ReadOnlyMemory<byte>? _checkpoint;
    private List<AuditEpoch>? _epochs;
    private ulong _tornBytes;

    /// <summary>Lists the directory; what is appended later is not part of the audit.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public DirectoryAuditSource(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"There is no directory {directory}.");
        }
        _directory = directory;
        _segments = SegmentFiles.List(directory, "log");
        _payloads = new PayloadComparison(SegmentFiles.List(directory, "payload"));
    }

    /// <summary>A directory of which these segments count, each up to its length.</summary>
    internal DirectoryAuditSource(
        string directory, List<SegmentFile> log, IReadOnlyList<SegmentFile> payload)
    {
        _directory = directory;
        _segments = log;
        _payloads = new PayloadComparison(payload);
    }

    /// <summary>False: tiles on disk are derived, and the audit recomputes what they
    /// hold.</summary>
    public bool HasTiles => false;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes
    {
        get
        {
            var notes = new List<string>();
            AuditPayloads payloads = _payloads.Erasures.Payloads;
            if (payloads.Missing > 0)
            {
                notes.Add(
                    $"payloads: {payloads.Missing} are not in the directory, and no tombstone up "
                    + "to the head names them");
            }
            if (payloads.Unerased > 0)
            {
                notes.Add(
                    $"payloads: {payloads.Unerased} are still there although a tombstone names "
                    + "them; a gateway that starts on the directory erases them");
            }
            if (_tornBytes > 0)
            {
                notes.Add($"log: {_tornBytes} bytes at the end are a write that never ended");
            }
            return notes;
        }
    }

    /// <inheritdoc/>
    public AuditPayloads Payloads => _payloads.Erasures.Payloads;

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> ReadCheckpointAsync(
        CancellationToken cancellationToken)
    {
        await SurveyAsync(cancellationToken);
        return _checkpoint;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AuditEpoch>> ReadEpochsAsync(
        CancellationToken cancellationToken)
    {
        await SurveyAsync(cancellationToken);
        return _epochs!;
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> ReadTileAsync(
        TilePath tile, CancellationToken cancellationToken) =>
        Task.FromResult<ReadOnlyMemory<byte>?>(null);

    /// <inheritdoc/>
    public async IAsyncEnumerable<AuditRecords> ReadRecordsAsync(
        ulong size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<AuditFault> faults = CheckFiles();
        ulong next = 0;
        await foreach (ScannedFrame frame in new CommitFrameScan(_segments)
            .ReadAsync(cancellationToken))
        {
            if (frame.Status == FrameStatus.Incomplete)
            {
                _tornBytes = frame.Length;
                continue;
            }
            AuditRecords records = Read(frame, next, faults);
            if (!records.Bundle.IsEmpty)
            {
                await CheckPayloadsAsync(frame, records.FirstNumber, faults, cancellationToken);
                next = records.FirstNumber + Count(frame);
            }
            yield return records;
            faults = [];
        }
        if (_payloads.Erasures.HasClaims) await SettleErasuresAsync(cancellationToken);
        if (faults.Count > 0)
        {
            yield return new AuditRecords(next, default, "log/") { Faults = faults };
        }
    }

    /// <summary>A last pass, only where a tombstone names a payload that is still there.</summary>
    private async Task SettleErasuresAsync(CancellationToken cancellationToken)
    {
        await foreach (ScannedFrame frame in new CommitFrameScan(_segments)
            .ReadAsync(cancellationToken))
        {
            if (frame.Bytes.IsEmpty) continue;
            foreach ((ReadOnlyMemory<byte> record, _) in Entries(frame))
            {
                _payloads.Erasures.Settle(record.Span);
            }
        }
    }

    /// <summary>A first pass: the last head, and the statements. Not a word about faults.</summary>
    private async Task SurveyAsync(CancellationToken cancellationToken)
    {
        if (_epochs is not null) return;
        var epochs = new List<AuditEpoch>();
        await foreach (ScannedFrame frame in new CommitFrameScan(_segments)
            .ReadAsync(cancellationToken))
        {
            if (frame.Bytes.IsEmpty) continue;
            CommitFrame.TryReadUnsealed(frame.Bytes.Span, out CommitFrame commit, out _);
            _checkpoint = commit.Checkpoint.ToArray();
            ReadOnlySpan<byte> rest = commit.Records;
            while (EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
            {
                if (EpochStatement.TryParse(record, out EpochStatement? statement))
                {
                    epochs.Add(Listed(statement));
                }
            }
        }
        _epochs = epochs;
        TakeCosigned();
    }

    /// <summary>The witnesses' lines, if they are under the last head; a log that rests has them.
    /// </summary>
    private void TakeCosigned()
    {
        var file = new FileInfo(Path.Combine(_directory, "cosigned"));
        if (_checkpoint is not { } newest || !file.Exists || file.Length > SignedNote.MaxBytes)
        {
            return;
        }
        byte[] note = File.ReadAllBytes(file.FullName);
        if (SignedNote.TryParse(note, out SignedNote? cosigned, out _)
            && SignedNote.TryParse(newest.Span, out SignedNote? signed, out _)
            && cosigned.Text.Span.SequenceEqual(signed.Text.Span))
        {
            _checkpoint = note;
        }
    }

    private AuditEpoch Listed(EpochStatement statement)
    {
        uint epoch = statement.Fields.Epoch;
        var file = new FileInfo(Path.Combine(_directory, "epochs", $"{epoch}.document"));
        byte[] document = file.Exists && file.Length <= DocumentMaxBytes
            ? File.ReadAllBytes(file.FullName)
            : [];
        return new AuditEpoch(epoch, statement.Fields.Number, statement.Bytes, document);
    }

    private List<AuditFault> CheckFiles()
    {
        var faults = new List<AuditFault>();
        var format = new FileInfo(Path.Combine(_directory, "format"));
        if (!format.Exists || format.Length != Format.Length
            || File.ReadAllText(format.FullName) != Format)
        {
            faults.Add(new AuditFault(VerificationRule.Frame, Format.TrimEnd(), "another format")
            { Place = "format" });
        }
        ulong end = _segments.Count > 0 ? _segments[0].Start : 0;
        if (end != 0) faults.Add(Gap(_segments[0], 0));
        foreach (SegmentFile segment in _segments)
        {
            if (segment.Start != end) faults.Add(Gap(segment, end));
            end = segment.Start + segment.Length;
        }
        return faults;

        static AuditFault Gap(SegmentFile segment, ulong expected) =>
            new(VerificationRule.Frame, $"a segment that starts at {expected}", $"{segment.Start}")
            { Place = segment.Name };
    }

    private static AuditRecords Read(in ScannedFrame frame, ulong next, List<AuditFault> faults)
    {
        bool isWhole = frame.Status == FrameStatus.Whole;
        if (frame.Bytes.IsEmpty)
        {
            string why = frame.IsGivenUp
                ? "not searched: too much in the segment only looks like a frame"
                : "that are none";
            faults.Add(new AuditFault(
                VerificationRule.Frame, "a commit frame", $"{frame.Length} bytes {why}")
            { Number = next, Place = frame.Place });
            return new AuditRecords(next, default, frame.Place) { Faults = faults };
        }
        CommitFrame.TryReadUnsealed(frame.Bytes.Span, out CommitFrame commit, out _);
        if (!isWhole)
        {
            faults.Add(new AuditFault(
                VerificationRule.Frame,
                $"a right checksum over records {next} to {next + (ulong)commit.Count - 1}",
                "another")
            { Number = next, Place = frame.Place });
        }
        else if (CountRecords(commit.Records) != commit.Count)
        {
            faults.Add(new AuditFault(
                VerificationRule.Frame, $"{commit.Count} records", "another count")
            { Number = commit.FirstNumber, Place = frame.Place });
        }
        // In a damaged frame its own first number may be what is damaged.
        return new AuditRecords(
            isWhole ? commit.FirstNumber : next,
            frame.Bytes.Slice(CommitFrame.HeaderBytes, commit.Records.Length),
            frame.Place)
        {
            Checkpoint = frame.Bytes[^commit.Checkpoint.Length..],
            Faults = faults,
        };
    }

    private async Task CheckPayloadsAsync(
        ScannedFrame frame,
        ulong first,
        List<AuditFault> faults,
        CancellationToken cancellationToken)
    {
        foreach ((ReadOnlyMemory<byte> record, ulong offset) in Entries(frame))
        {
            AuditFault? fault =
                await _payloads.CheckAsync(record, first, offset, cancellationToken);
            if (fault is not null) faults.Add(fault);
            first++;
        }
    }

    private static List<(ReadOnlyMemory<byte> Record, ulong PayloadOffset)> Entries(
        in ScannedFrame frame)
    {
        CommitFrame.TryReadUnsealed(frame.Bytes.Span, out CommitFrame commit, out _);
        var entries = new List<(ReadOnlyMemory<byte>, ulong)>();
        ReadOnlySpan<byte> rest = commit.Records;
        while (entries.Count < commit.Count
            && EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
        {
            int end = CommitFrame.HeaderBytes + commit.Records.Length - rest.Length;
            entries.Add((
                frame.Bytes[(end - record.Length)..end], commit.PayloadOffset(entries.Count)));
        }
        return entries;
    }

    private static ulong Count(in ScannedFrame frame)
    {
        CommitFrame.TryReadUnsealed(frame.Bytes.Span, out CommitFrame commit, out _);
        return (ulong)commit.Count;
    }

    private static int CountRecords(ReadOnlySpan<byte> records)
    {
        int count = 0;
        while (EntryBundle.TryRead(ref records, out _)) count++;
        return records.IsEmpty ? count : -1;
    }
}
