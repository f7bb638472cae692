using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Goes through the records of a log in order and judges each by those before it
/// (docs/PROTOCOL.md sections 12.2 to 12.4). After a fault it goes on with what the log says, so
/// that one fault is told once.
/// </summary>
internal sealed class LogReplay
{
    private readonly FaultList _faults;

    // Null for those who follow a log without keeping its content.
    private readonly CellReplay? _cells;
    private readonly IdempotencyReplay? _idempotency;
    private readonly GroupReplay _groups;
    private readonly TreeFrontier _tree = new();
    private readonly List<EpochStatement> _statements = [];

    // Null after records that are missing: nothing is known of the one before.
    private Digest? _lastLeaf = Digest.Zero;
    private uint? _epoch;
    private bool _isLastStatementKnown = true;
    private bool? _isSealed = false;
    private ulong _lastTimeMs;

    // False once a record was missing or unreadable: cells and window may lack what it did.
    private bool _isContentKnown = true;

    public LogReplay(TrustPolicy policy, FaultList faults)
    {
        _faults = faults;
        _cells = new CellReplay(policy.Configuration.CellsMax, faults);
        _idempotency = new IdempotencyReplay(policy.Configuration.IdempotencyWindow, faults);
        _groups = new GroupReplay(faults);
    }

    /// <summary>
    /// Goes on behind records that were judged before, or elsewhere, without what they come to: cells
    /// and keys are not checked.
    /// </summary>
    /// <param name="before">The records before.</param>
    /// <param name="lastLeaf">Leaf hash of the last of them.</param>
    /// <param name="statement">The newest statement among them; null without one.</param>
    /// <param name="faults">Where faults go.</param>
    public LogReplay(
        TreeFrontier before, in Digest lastLeaf, EpochStatement? statement, FaultList faults)
    {
        _faults = faults;
        _groups = new GroupReplay(faults);
        _isContentKnown = false;
        before.CopyTo(_tree);
        Next = before.Size;
        _lastLeaf = lastLeaf;
        if (Next == 0) return;
        _groups.Skip();
        _isSealed = null;
        if (statement is null) _isLastStatementKnown = false;
        else (_epoch, _lastTimeMs) = (statement.Fields.Epoch, statement.Fields.TimeMs);
        if (statement is not null) _statements.Add(statement);
    }

    /// <summary>The place of the next record.</summary>
    public ulong Next { get; private set; }

    public ulong RecordCount { get; private set; }

    public ulong EntryCount { get; private set; }

    public int CellCount => _cells?.Cells.Count ?? 0;

    /// <summary>The statements found, oldest first.</summary>
    public IReadOnlyList<EpochStatement> Statements => _statements;

    /// <summary>False once records are missing: the root cannot be computed.</summary>
    public bool IsTreeWhole { get; private set; } = true;

    /// <summary>The root of the records so far; meaningful while <see
    /// cref="IsTreeWhole"/>.</summary>
    public Digest Root() => _tree.Root();

    /// <summary>Takes the next record and gives back its leaf hash.</summary>
    public Digest Take(ReadOnlySpan<byte> record)
    {
        Digest leaf = TreeHash.Leaf(record);
        if (EntryRecord.TryParse(record, out EntryRecord entry))
        {
            CheckHeader(entry.Header);
            CheckEntry(entry);
        }
        else if (EpochStatement.TryParse(record, out EpochStatement? statement)
            && RecordHeader.TryRead(record, out RecordHeader header))
        {
            CheckHeader(header);
            CheckStatement(statement);
        }
        else if (SealRecord.TryParse(record, out SealRecord seal))
        {
            CheckHeader(seal.Header);
            CheckSeal(seal);
        }
        else if (SnapshotRecord.TryParse(record, out SnapshotRecord snapshot))
        {
            CheckHeader(snapshot.Header);
            CheckSnapshot(snapshot);
        }
        else
        {
            Fault(VerificationRule.RecordFormat, "a record", "other bytes");
            _groups.Skip();
            _isSealed = null;
            _isContentKnown = false;
        }
        if (IsTreeWhole) _tree.Append(leaf);
        _lastLeaf = leaf;
        Next++;
        RecordCount++;
        return leaf;
    }

    /// <summary>Goes on at a later number: the records between are missing.</summary>
    public void SkipTo(ulong number)
    {
        IsTreeWhole = false;
        _lastLeaf = null;
        _epoch = null;
        _isLastStatementKnown = false;
        _isSealed = null;
        _isContentKnown = false;
        _cells?.Skip();
        _groups.Skip();
        Next = number;
    }

    /// <summary>A signed head stands here, which no group crosses.</summary>
    public void EndBatch() => _groups.End(Next);

    private void CheckHeader(RecordHeader header)
    {
        if (header.Number != Next)
        {
            Fault(VerificationRule.Number, $"{Next}", $"{header.Number}");
        }
        if (_lastLeaf is { } last && header.Previous != last)
        {
            Fault(
                VerificationRule.Chain,
                Next == 0 ? "zeros" : $"the leaf hash {last} of record {Next - 1}",
                $"{header.Previous}");
        }
        if (header.TimeMs < _lastTimeMs)
        {
            Fault(VerificationRule.Time, $"at least {_lastTimeMs} ms", $"{header.TimeMs} ms");
        }
        _lastTimeMs = header.TimeMs;
    }

    private void CheckEntry(EntryRecord entry)
    {
        if (Next == 0) Fault(VerificationRule.Statement, "the genesis statement", "an entry");
        CheckGoesOn(entry.Header, "an entry");
        _isSealed = false;
        _groups.Take(entry, Next);
        _cells?.Take(entry, Next);
        _idempotency?.Take(entry, Next);
        EntryCount++;
    }

    private void CheckSeal(SealRecord seal)
    {
        CheckGoesOn(seal.Header, "another seal");
        _isSealed = true;
        _groups.End(Next);
        if (_isLastStatementKnown && _statements.Count > 0
            && seal.Statement != _statements[^1].Hash)
        {
            Fault(
                VerificationRule.Seal,
                $"the epoch's statement {_statements[^1].Hash}", $"{seal.Statement}");
        }
    }

    // All that it says follows from the records before it, so it is computed and compared.
    private void CheckSnapshot(SnapshotRecord snapshot)
    {
        CheckGoesOn(snapshot.Header, "a snapshot");
        _isSealed = false;
        _groups.End(Next);
        SnapshotFields fields = snapshot.Fields;
        if (_isLastStatementKnown && _statements.Count > 0)
        {
            Expect("statement", _statements[^1].Hash, fields.Statement);
        }
        if (IsTreeWhole && snapshot.Header.Number == Next)
        {
            Expect("frontier with root", _tree.Root(), snapshot.Frontier().Root());
        }
        if (_isContentKnown && _cells is not null && _idempotency is not null)
        {
            ulong before = _statements.Count > 1 ? _statements[^2].Fields.TimeMs : 0;
            Expect("time of the statement before", before, fields.StatementBeforeTimeMs);
            IReadOnlyCollection<KeyUse> window = _idempotency.WindowAt(Next);
            Expect("cells", (uint)CellCount, fields.CellCount);
            Expect("cells of digest", SnapshotDigest.OfCells(_cells.Cells), fields.Cells);
            Expect("uses of keys", (uint)window.Count, fields.UseCount);
            Expect("window of digest", SnapshotDigest.OfWindow(window), fields.Window);
        }

        void Expect<T>(string what, T expected, T actual)
            where T : IEquatable<T>
        {
            if (expected.Equals(actual)) return;
            Fault(VerificationRule.Snapshot, $"{what} {expected}", $"{actual}");
        }
    }

    // Its epoch is the last statement's, and that was not sealed: the first record after a seal is
    // at fault, those behind it follow from it.
    private void CheckGoesOn(RecordHeader header, string what)
    {
        if (_epoch is { } epoch && header.Epoch != epoch)
        {
            Fault(VerificationRule.Epoch, $"{epoch}", $"{header.Epoch}");
        }
        _epoch ??= header.Epoch;
        if (_isSealed is true)
        {
            Fault(VerificationRule.Seal, "a statement after the seal", what);
        }
    }

    private void CheckStatement(EpochStatement statement)
    {
        EpochStatementFields fields = statement.Fields;
        EpochStatement? last = _statements.Count > 0 ? _statements[^1] : null;
        _groups.End(Next);
        if (last is not null)
        {
            CheckSuccession(statement, last);
        }
        else if (IsTreeWhole && fields.Epoch != 0)
        {
            Fault(
                VerificationRule.Statement, "the genesis statement", $"epoch {fields.Epoch}",
                fields.Epoch);
        }
        _epoch = fields.Epoch;
        _isLastStatementKnown = true;
        _isSealed = false;
        _statements.Add(statement);
    }

    private void CheckSuccession(EpochStatement statement, EpochStatement last)
    {
        EpochStatementFields fields = statement.Fields;
        // Where records are missing, a statement may be among them.
        if (_isLastStatementKnown)
        {
            Expect("epoch number", (ulong)last.Fields.Epoch + 1, fields.Epoch);
            Expect("previous statement", last.Hash, fields.PreviousStatement);
        }
        if (_isSealed is { } isSealed)
        {
            Expect(
                "how the last epoch ended:",
                $"{(isSealed ? PreviousEpochEnd.Sealed : PreviousEpochEnd.Unplanned)}",
                $"{fields.PreviousEnd}");
        }
        if (IsTreeWhole) Expect("previous root", _tree.Root(), fields.PreviousRoot);
        Expect("log id", last.LogId, statement.LogId);
        Expect("configuration", last.Fields.Configuration.Text, fields.Configuration.Text);

        void Expect<T>(string what, T expected, T actual)
            where T : IEquatable<T>
        {
            if (expected.Equals(actual)) return;
            Fault(VerificationRule.Statement, $"{what} {expected}", $"{actual}", fields.Epoch);
        }
    }

    private void Fault(VerificationRule rule, string expected, string actual, uint? epoch = null) =>
        _faults.Add(new AuditFault(rule, expected, actual) { Number = Next, Epoch = epoch });
}
