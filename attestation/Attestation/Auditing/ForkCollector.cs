using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Makes evidence of held heads that the log does not extend. A held head above the log's size is
/// no evidence by itself: the log may be an old copy of the same history.
/// </summary>
internal sealed class ForkCollector
{
    private readonly AuditEpoch _signer;
    private readonly SubtreeCollector _inclusion;
    private readonly List<HeldProof> _held = [];

    /// <param name="held">Heads that were verified before.</param>
    /// <param name="signer">The epoch that is said to have signed the log's head.</param>
    /// <param name="head">The log's head; the signer's number is below its size.</param>
    public ForkCollector(IEnumerable<AttestedHead> held, AuditEpoch signer, Checkpoint head)
    {
        _signer = signer;
        _inclusion = new SubtreeCollector(
            source => InclusionProof.Create(signer.Number, head.Size, source));
        foreach (AttestedHead other in held.Where(h => h.Checkpoint.Size <= head.Size))
        {
            _held.Add(new HeldProof(other, new SubtreeCollector(source =>
                ConsistencyProof.Create(other.Checkpoint.Size, head.Size, source))));
        }
    }

    /// <summary>Takes a leaf, after the replay did.</summary>
    public void Take(in Digest leaf, LogReplay replay)
    {
        if (_held.Count == 0 || !replay.IsTreeWhole) return;
        _inclusion.Append(leaf);
        foreach (HeldProof held in _held)
        {
            held.Consistency.Append(leaf);
            if (held.Head.Checkpoint.Size == replay.Next) held.PrefixRoot = replay.Root();
        }
    }

    /// <summary>The evidence that holds, once all leaves were taken.</summary>
    public IEnumerable<ForkEvidence> Make(TrustPolicy policy, ReadOnlyMemory<byte> note)
    {
        if (_inclusion.TryMakeProof() is not { } inclusion) yield break;
        byte[] checkpoint = AttestedHead.EpochLines(note.Span);
        var bundle = new ReceiptEpoch(_signer.Statement, inclusion, _signer.Document);
        // Parts that no good head has: a fault that is told already, and evidence of nothing.
        if (!SignedHead.CanStand(checkpoint, bundle)) yield break;
        var head = new SignedHead(checkpoint, bundle);
        foreach (HeldProof held in _held)
        {
            if (held.PrefixRoot is not { } root || root == held.Head.Checkpoint.Root) continue;
            if (held.Consistency.TryMakeProof() is not { } consistency) continue;
            var evidence = new ForkEvidence(
                held.Head.ToEvidence(), head, root, consistency);
            // The log's own head may be nobody's: only what a third party would accept is kept.
            if (new LogVerifier(policy).VerifyEvidence(evidence).Verdict == EvidenceVerdict.Fork)
            {
                yield return evidence;
            }
        }
    }

    private sealed class HeldProof(AttestedHead head, SubtreeCollector consistency)
    {
        public AttestedHead Head => head;

        public SubtreeCollector Consistency => consistency;

        public Digest? PrefixRoot { get; set; }
    }
}
