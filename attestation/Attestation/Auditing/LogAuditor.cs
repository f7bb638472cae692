using System.Collections.Immutable;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Reads a whole log and reports every fault with its place (docs/PROTOCOL.md section 12). Holds,
/// beside one run of records, the cells and the idempotency window that the policy's configuration
/// allows.
/// </summary>
public sealed class LogAuditor
{
    private readonly TrustPolicy _policy;
    private readonly ImmutableArray<AttestedHead> _held;

    /// <summary>An auditor that believes what the policy trusts and nothing else.</summary>
    /// <param name="policy">What is trusted.</param>
    /// <param name="held">Heads verified before, which the log must extend; may be none.</param>
    public LogAuditor(TrustPolicy policy, params IEnumerable<AttestedHead> held)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _policy = policy;
        _held = [.. held];
    }

    /// <summary>Audits the log as it stands at its newest checkpoint.</summary>
    /// <param name="source">The log.</param>
    /// <param name="progress">Called after each run of records; may be null.</param>
    /// <param name="cancellationToken">Ends the audit with an exception.</param>
    public async Task<AuditReport> AuditAsync(
        IAuditSource source,
        Action<AuditProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var faults = new FaultList();
        var replay = new LogReplay(_policy, faults);
        var notes = ImmutableArray.CreateBuilder<string>();

        if (await source.ReadCheckpointAsync(cancellationToken)
            is not { Length: > 0 } note)
        {
            faults.Add(new AuditFault(VerificationRule.Missing, "a checkpoint", "none"));
            return new AuditReport(null, faults, replay, notes.ToImmutable(), []);
        }
        IReadOnlyList<AuditEpoch> epochs =
            UpTo(note, await source.ReadEpochsAsync(cancellationToken));
        AuditEpoch newest = epochs.Count > 0 ? epochs[^1] : new AuditEpoch(0, 0, default, default);

        // Step 1, but for the statement's inclusion, which the records themselves will show.
        var checks = new CheckList();
        var head = new HeadVerification(
            _policy, note, new ReceiptEpoch(newest.Statement, default, newest.Document));
        head.Check(checks, Ed25519.IsAvailable);
        head.CheckWitnesses(checks, Ed25519.IsAvailable);
        EpochAudit.CheckDocuments(_policy, epochs, head.Attestation, faults);

        ForkCollector? forks = null;
        if (head.Checkpoint is { } checkpoint)
        {
            var held = new HeldHeads(_held, faults);
            if (epochs.Count > 0) forks = new ForkCollector(_held, newest, checkpoint);
            var run = new Run(_policy, source, replay, faults, checkpoint, held, forks);
            await run.ReadAsync(progress, cancellationToken);
            // Where records are missing, so may statements be: that is told already.
            if (replay.IsTreeWhole) EpochAudit.CheckList(epochs, replay, faults);
            CheckInclusion(checks, head, replay, run.IsRootRight);
        }
        else
        {
            checks.LeaveOut(
                "the checkpoint does not decode", VerificationRule.StatementInclusion);
            notes.Add("records: not read, since the checkpoint does not say how many there are");
        }
        var headReport = head.Report(checks);
        faults.Add(headReport.Checks, newest.Epoch, "checkpoint");
        notes.AddRange(Notes(source, headReport));
        return new AuditReport(
            headReport, faults, replay, notes.ToImmutable(),
            forks is null ? [] : [.. forks.Make(_policy, note)])
        {
            Payloads = source.Payloads,
        };
    }

    // A log grows while it is read: an epoch that opened after this checkpoint is of a later one.
    private static IReadOnlyList<AuditEpoch> UpTo(
        ReadOnlyMemory<byte> note, IReadOnlyList<AuditEpoch> epochs) =>
        SignedNote.TryParse(note.Span, out SignedNote? signed, out _)
            && Checkpoint.TryParse(signed.Text.Span, out Checkpoint? checkpoint, out _)
            ? [.. epochs.Where(epoch => epoch.Number < checkpoint.Size)]
            : epochs;

    private static void CheckInclusion(
        CheckList checks, HeadVerification head, LogReplay replay, bool isRootRight)
    {
        if (head.Statement is null || !replay.IsTreeWhole)
        {
            checks.LeaveOut(
                "statement or records cannot be read", VerificationRule.StatementInclusion);
            return;
        }
        bool isFound = replay.Statements.Any(
            s => s.Bytes.Span.SequenceEqual(head.Statement.Bytes.Span));
        checks.Expect(
            VerificationRule.StatementInclusion,
            isFound && isRootRight,
            "the statement among the records under the head",
            isFound ? "another root" : "no such record");
    }

    private static IEnumerable<string> Notes(
        IAuditSource source, VerificationReport<VerifiedHead> head)
    {
        if (!source.HasTiles)
        {
            yield return "tiles: not compared (only a gateway's address serves them); the root was "
                + "computed from the records";
        }
        foreach (string note in source.Notes) yield return note;
        foreach (var check in head.Checks.OfType<VerificationCheck.NotChecked>())
        {
            // A policy without witnesses is the policy's choice, which the level tells.
            if (check is { Rule: VerificationRule.WitnessQuorum, IsExcused: true }) continue;
            yield return $"{check.Rule.Code()}: not checked, {check.Reason}";
        }
    }

    /// <summary>Step 2 to 5: the pass over the records.</summary>
    private sealed class Run(
        TrustPolicy policy,
        IAuditSource source,
        LogReplay replay,
        FaultList faults,
        Checkpoint checkpoint,
        HeldHeads held,
        ForkCollector? forks)
    {
        private readonly TileComparison? _tiles =
            source.HasTiles ? new TileComparison(source, faults) : null;

        private readonly BatchHeads _heads = new(policy, faults, Ed25519.IsAvailable);
        private readonly List<Digest> _leaves = [];

        public bool IsRootRight { get; private set; }

        public async Task ReadAsync(
            Action<AuditProgress>? progress, CancellationToken cancellationToken)
        {
            await foreach (AuditRecords records in source
                .ReadRecordsAsync(checkpoint.Size, cancellationToken)
                .WithCancellation(cancellationToken))
            {
                Take(records);
                if (replay.IsTreeWhole && _tiles is not null)
                {
                    foreach (Digest leaf in _leaves)
                    {
                        await _tiles.AppendAsync(leaf, cancellationToken);
                    }
                }
                progress?.Invoke(new AuditProgress(replay.Next, checkpoint.Size));
            }
            replay.EndBatch();
            _heads.EndEpoch();
            held.End(checkpoint.Size);
            if (replay.Next < checkpoint.Size) Missing(replay.Next, checkpoint.Size);
            if (!replay.IsTreeWhole) return;
            if (_tiles is not null) await _tiles.EndAsync(cancellationToken);
            CheckRoot();
        }

        private void Take(AuditRecords records)
        {
            _leaves.Clear();
            foreach (AuditFault fault in records.Faults) faults.Add(fault);
            if (records.FirstNumber > replay.Next)
            {
                Missing(replay.Next, records.FirstNumber);
            }
            else if (records.FirstNumber < replay.Next && !records.Bundle.IsEmpty)
            {
                faults.Add(new AuditFault(
                    VerificationRule.Number, $"{replay.Next}", $"{records.FirstNumber}")
                { Number = replay.Next, Place = records.Place });
            }
            ReadOnlySpan<byte> rest = records.Bundle.Span;
            while (replay.Next < checkpoint.Size
                && EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
            {
                _leaves.Add(replay.Take(record));
                held.Take(replay);
                forks?.Take(_leaves[^1], replay);
            }
            if (!rest.IsEmpty)
            {
                bool isBeyond = replay.Next >= checkpoint.Size;
                faults.Add(new AuditFault(
                    isBeyond ? VerificationRule.Root : VerificationRule.RecordFormat,
                    isBeyond ? $"{checkpoint.Size} records" : "a whole record",
                    isBeyond ? "more" : $"{rest.Length} bytes that are none")
                { Number = replay.Next, Place = records.Place });
            }
            if (records.Checkpoint.IsEmpty) return;
            replay.EndBatch();
            _heads.Take(records.Checkpoint.Span, replay, records.Place);
        }

        private void Missing(ulong from, ulong to)
        {
            faults.Add(new AuditFault(
                VerificationRule.Missing, $"records {from} to {to - 1}", "none of them")
            { Number = from });
            replay.SkipTo(to);
        }

        private void CheckRoot()
        {
            Digest root = replay.Root();
            IsRootRight = root == checkpoint.Root;
            if (IsRootRight) return;
            faults.Add(new AuditFault(
                VerificationRule.Root, $"root {root} of the records", $"{checkpoint.Root}")
            { Place = "checkpoint" });
        }
    }
}
