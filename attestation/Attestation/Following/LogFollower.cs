using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Following;

/// <summary>
/// Follows a log record by record and tells the first lie (docs/PROTOCOL.md section 12, "Following").
/// Records come in order; heads, cosigned heads and attestation documents as they are at hand. A
/// record is good once a head covers it: <see cref="VerifiedSize"/>.
/// </summary>
/// <remarks>
/// Checks of each record its number, chain, time, epoch and group; of a statement that it follows from
/// the log before it and is attested; of a head its signatures and root. Not what records come to
/// together: versions and idempotency of the whole log are an audit's. One thread; no I/O.
/// After a fault it is of no more use.
/// </remarks>
public sealed class LogFollower
{
    private const int EpochsKept = 2;

    private readonly TrustPolicy _policy;
    private readonly bool _isEd25519AtHand = Ed25519.IsAvailable;
    private readonly FaultList _faults = new();
    private readonly LogReplay _replay;

    // What was handed out, and the leaves behind it, verified or not.
    private readonly TreeFrontier _handedOut;
    private readonly Queue<Digest> _leaves = new();
    private readonly List<AttestedEpoch> _epochs = [];
    private Digest _lastLeaf;

    /// <summary>Goes on from a position.</summary>
    /// <param name="policy">What is trusted.</param>
    /// <param name="position">Kept from an earlier run, or anybody's word for the log before a number:
    /// the first head proves it or shows that it is wrong.</param>
    /// <param name="epoch">The newest epoch that began before the position; null at the start of the
    /// log.</param>
    /// <exception cref="ArgumentException">Position or epoch is of another log or policy, or the epoch
    /// does not begin before the position.</exception>
    public LogFollower(TrustPolicy policy, LogPosition position, AttestedEpoch? epoch)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(position);
        if (position.LogId != policy.LogId)
        {
            throw new ArgumentException("The position is in another log.", nameof(position));
        }
        if ((epoch is null) != (position.Size == 0)
            || (epoch is not null && epoch.Statement.Fields.Number >= position.Size)
            || (epoch is not null && !ReferenceEquals(epoch.Policy, policy)))
        {
            throw new ArgumentException("Not the epoch of the position.", nameof(epoch));
        }
        _policy = policy;
        _handedOut = position.Frontier;
        _lastLeaf = position.LastLeaf;
        VerifiedSize = position.Size;
        _replay = new LogReplay(_handedOut, position.LastLeaf, epoch?.Statement, _faults);
        if (epoch is not null) _epochs.Add(epoch);
    }

    /// <summary>The number of the next record.</summary>
    public ulong Next => _replay.Next;

    /// <summary>Records before this number are good.</summary>
    public ulong VerifiedSize { get; private set; }

    /// <summary>The newest head; null before the first.</summary>
    public FollowedHead? Head { get; private set; }

    /// <summary>The epoch of a statement whose document has to come next; null if none.</summary>
    public uint? AwaitedEpoch { get; private set; }

    /// <summary>Where the last <see cref="HandOut"/> left off.</summary>
    public LogPosition Position => new(_policy.LogId, _handedOut, _lastLeaf);

    /// <summary>Takes the record with number <see cref="Next"/>.</summary>
    /// <returns>The first rule that it breaks; null if none.</returns>
    public AuditFault? TakeRecord(ReadOnlySpan<byte> record)
    {
        ThrowIfAwaiting();
        int statements = _replay.Statements.Count;
        _leaves.Enqueue(_replay.Take(record));
        if (FirstFault is { } fault) return fault;
        if (_replay.Statements.Count > statements)
        {
            AwaitedEpoch = _replay.Statements[^1].Fields.Epoch;
        }
        return null;
    }

    /// <summary>Takes the attestation document of <see cref="AwaitedEpoch"/>.</summary>
    /// <returns>The first rule that is broken; null if none.</returns>
    public AuditFault? TakeDocument(ReadOnlyMemory<byte> document)
    {
        EpochStatement statement = _replay.Statements[^1];
        var report = new LogVerifier(_policy, _isEd25519AtHand).VerifyEpoch(
            statement.Bytes, document);
        if (!report.TryGet(out AttestedEpoch? epoch))
        {
            return FaultOf(report.Checks, statement.Fields.Epoch);
        }
        if (_epochs.Count > 0 && epoch.Attestation.Timestamp < _epochs[^1].Attestation.Timestamp)
        {
            DateTimeOffset before = _epochs[^1].Attestation.Timestamp;
            return new AuditFault(
                VerificationRule.DocumentTime,
                $"a time from {before:O} on", $"{epoch.Attestation.Timestamp:O}")
            { Epoch = statement.Fields.Epoch };
        }
        _epochs.Add(epoch);
        // A head that witnesses are late with may be of the epoch before.
        if (_epochs.Count > EpochsKept) _epochs.RemoveAt(0);
        AwaitedEpoch = null;
        return null;
    }

    /// <summary>
    /// Takes the head of all records so far. Without witnesses in the policy, all of them are good
    /// then.
    /// </summary>
    /// <returns>The first rule that is broken; null if none.</returns>
    public AuditFault? TakeHead(ReadOnlyMemory<byte> note)
    {
        ThrowIfAwaiting();
        if (Verify(note, SignerOf(Next), isCosigned: false, out FollowedHead? head) is { } fault)
        {
            return fault;
        }
        ulong size = head!.Checkpoint.Size;
        if (size > Next)
        {
            return new AuditFault(
                VerificationRule.Missing, $"records {Next} to {size - 1}", "none of them")
            { Number = Next };
        }
        if (size < Next) return RootFault($"the head of {Next} records", $"that of {size}");
        _replay.EndBatch();
        if (FirstFault is { } broken) return broken;
        if (head.Checkpoint.Root != _replay.Root())
        {
            return RootFault($"root {_replay.Root()} of the records", $"{head.Checkpoint.Root}");
        }
        if (_policy.Witnesses is not { HasQuorum: true }) Accept(head);
        return null;
    }

    /// <summary>
    /// Takes a head that witnesses cosigned. Where the policy names witnesses, the records that it
    /// covers are good then. One that covers nothing new only has to verify.
    /// </summary>
    /// <returns>The first rule that is broken; null if none.</returns>
    public AuditFault? TakeCosigned(ReadOnlyMemory<byte> note)
    {
        ThrowIfAwaiting();
        if (!HeadVerification.TryReadSize(note.Span, out ulong size)) size = Next;
        if (size > Next)
        {
            return RootFault($"a head of at most {Next} records", $"that of {size}");
        }
        // Older than what this follower began with: nothing rests on it, and its epoch is not known.
        if (SignerOf(size) is not { } signer) return null;
        if (Verify(note, signer, isCosigned: true, out FollowedHead? head) is { } fault)
        {
            return fault;
        }
        if (size < _handedOut.Size) return null;
        Digest root = RootAt(size);
        if (head!.Checkpoint.Root != root)
        {
            return RootFault($"root {root} of the records", $"{head.Checkpoint.Root}");
        }
        Accept(head);
        return null;
    }

    /// <summary>
    /// Takes a head that is ahead of the records, with the proof that it extends them: for those who
    /// catch up with a long log and cannot hold all of it back. All records so far are good then.
    /// </summary>
    /// <param name="note">The head; with witnesses in the policy, cosigned.</param>
    /// <param name="signer">The epoch that signed it.</param>
    /// <param name="consistency">The proof from <see cref="Next"/> to the head's size.</param>
    /// <returns>The first rule that is broken; null if none.</returns>
    public AuditFault? TakeLaterHead(
        ReadOnlyMemory<byte> note, AttestedEpoch signer, ReadOnlySpan<Digest> consistency)
    {
        ThrowIfAwaiting();
        if (Verify(note, signer, isCosigned: true, out FollowedHead? head) is { } fault)
        {
            return fault;
        }
        Digest root = _replay.Root();
        if (!ConsistencyProof.Verify(
            Next, root, head!.Checkpoint.Size, head.Checkpoint.Root, consistency))
        {
            return RootFault(
                $"a head that extends the {Next} records with root {root}",
                $"no proof that root {head.Checkpoint.Root} of {head.Checkpoint.Size} does");
        }
        (Head, VerifiedSize) = (head, Next);
        return null;
    }

    /// <summary>
    /// That the log's newest head is no older than what was followed: takes one that may be ahead of
    /// the records, and that no record rests on.
    /// </summary>
    /// <returns>The first rule that is broken; null if none.</returns>
    public AuditFault? TakeNewest(ReadOnlyMemory<byte> note, AttestedEpoch signer)
    {
        if (Verify(note, signer, isCosigned: false, out FollowedHead? head) is { } fault)
        {
            return fault;
        }
        return head!.Checkpoint.Size >= Next
            ? null
            : new AuditFault(
                VerificationRule.HeldHead,
                $"at least {Next} records, which were there before",
                $"{head.Checkpoint.Size}: the log was cut back");
    }

    /// <summary>One good record was handed on: it lies before <see cref="Position"/> now.</summary>
    /// <exception cref="InvalidOperationException">None is good.</exception>
    public void HandOut()
    {
        if (_handedOut.Size >= VerifiedSize)
        {
            throw new InvalidOperationException("No good record is left.");
        }
        Digest leaf = _leaves.Dequeue();
        _handedOut.Append(leaf);
        _lastLeaf = leaf;
    }

    private AuditFault? FirstFault => _faults.Kept is [var first, ..] ? first : null;

    private void Accept(FollowedHead head)
    {
        if (head.Checkpoint.Size < VerifiedSize) return;
        (Head, VerifiedSize) = (head, head.Checkpoint.Size);
    }

    private AttestedEpoch? SignerOf(ulong size) =>
        _epochs.FindLast(epoch => epoch.Statement.Fields.Number < size);

    private Digest RootAt(ulong size)
    {
        if (size == Next) return _replay.Root();
        TreeFrontier tree = _handedOut.Clone();
        foreach (Digest leaf in _leaves)
        {
            if (tree.Size == size) break;
            tree.Append(leaf);
        }
        return tree.Root();
    }

    private AuditFault? Verify(
        ReadOnlyMemory<byte> note,
        AttestedEpoch? signer,
        bool isCosigned,
        out FollowedHead? head)
    {
        head = null;
        if (signer is null)
        {
            return RootFault("a head of records", "one before the first record");
        }
        var checks = new CheckList();
        var verification = new HeadVerification(note, signer);
        verification.CheckSigned(checks, _isEd25519AtHand);
        if (isCosigned) verification.CheckWitnesses(checks, _isEd25519AtHand);
        if (!checks.IsGood) return FaultOf(checks.ToArray(), signer.Statement.Fields.Epoch);
        head = new FollowedHead(
            verification.Checkpoint!, note.ToArray(), signer, verification.Cosignatures);
        return null;
    }

    private AuditFault RootFault(string expected, string actual) =>
        new(VerificationRule.Root, expected, actual) { Number = Next, Place = "head" };

    // Of several broken rules the first, as the list has them; a rule left out for want of input is
    // no better than a broken one.
    private static AuditFault FaultOf(IEnumerable<VerificationCheck> checks, uint epoch)
    {
        VerificationCheck bad = checks.First(check => check is VerificationCheck.Failed
            or VerificationCheck.NotChecked { IsExcused: false });
        return bad is VerificationCheck.Failed failed
            ? new AuditFault(failed.Rule, failed.Expected, failed.Actual)
            {
                Epoch = epoch,
                Attestation = failed.Attestation,
            }
            : new AuditFault(bad.Rule, "what can be checked", $"{bad}") { Epoch = epoch };
    }

    private void ThrowIfAwaiting()
    {
        if (AwaitedEpoch is { } epoch)
        {
            throw new InvalidOperationException($"The document of epoch {epoch} comes first.");
        }
    }
}
