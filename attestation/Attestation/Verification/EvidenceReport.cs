using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Verification;

/// <summary>Whether evidence of a fork holds, and if not why.</summary>
public enum EvidenceVerdict
{
    /// <summary>It does: the log has two histories, both signed by accepted images.</summary>
    Fork,

    /// <summary>A head is not good under the policy: anybody can make one that accuses.</summary>
    HeadNotAttested,

    /// <summary>The head that should be the smaller one is the larger.</summary>
    Order,

    /// <summary>The larger head's tree does not have the prefix root at the smaller size.</summary>
    PrefixNotProven,

    /// <summary>The larger head extends the smaller one: nothing is wrong.</summary>
    Consistent,
}

/// <summary>Who must have done what for a fork to exist.</summary>
public enum ForkKind
{
    /// <summary>One epoch signed both heads: its enclave broke its promise, or its key is out.
    /// </summary>
    OneEpoch,

    /// <summary>Two epochs signed: enclaves were started from one older state, or from a state that
    /// was put back. That is in the hands of who runs them.</summary>
    TwoEpochs,
}

/// <summary>What verifying evidence gave (docs/PROTOCOL.md section 17).</summary>
public sealed class EvidenceReport
{
    private EvidenceReport(
        EvidenceVerdict verdict,
        VerificationReport<AttestedHead> smaller,
        VerificationReport<AttestedHead> larger)
    {
        Verdict = verdict;
        Smaller = smaller;
        Larger = larger;
    }

    /// <summary>Whether it holds.</summary>
    public EvidenceVerdict Verdict { get; }

    /// <summary>The checks of the smaller head.</summary>
    public VerificationReport<AttestedHead> Smaller { get; }

    /// <summary>The checks of the larger head.</summary>
    public VerificationReport<AttestedHead> Larger { get; }

    /// <summary>Who must have done what; null unless the heads are attested.</summary>
    public ForkKind? Kind =>
        Smaller.TryGet(out AttestedHead? smaller) && Larger.TryGet(out AttestedHead? larger)
            ? smaller.Epoch.Statement.Hash == larger.Epoch.Statement.Hash
                ? ForkKind.OneEpoch : ForkKind.TwoEpochs
            : null;

    internal static EvidenceReport Of(
        ForkEvidence evidence,
        VerificationReport<AttestedHead> smaller,
        VerificationReport<AttestedHead> larger) =>
        new(
            smaller.TryGet(out AttestedHead? s) && larger.TryGet(out AttestedHead? l)
                ? Judge(evidence, s.Checkpoint, l.Checkpoint)
                : EvidenceVerdict.HeadNotAttested,
            smaller,
            larger);

    private static EvidenceVerdict Judge(
        ForkEvidence evidence, Checkpoint smaller, Checkpoint larger)
    {
        if (smaller.Size > larger.Size) return EvidenceVerdict.Order;
        bool isPrefix = ConsistencyProof.Verify(
            smaller.Size, evidence.PrefixRoot, larger.Size, larger.Root,
            evidence.Consistency.Span);
        if (!isPrefix) return EvidenceVerdict.PrefixNotProven;
        return evidence.PrefixRoot == smaller.Root
            ? EvidenceVerdict.Consistent
            : EvidenceVerdict.Fork;
    }
}
