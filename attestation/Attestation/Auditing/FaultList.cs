using System.Collections.Immutable;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Collects faults: the first few of each rule, and the count of all, so that a wholly wrong log
/// neither fills the memory nor hides the one fault of another kind.
/// </summary>
internal sealed class FaultList
{
    private readonly List<AuditFault> _kept = [];
    private readonly SortedDictionary<VerificationRule, long> _counts = [];

    public void Add(AuditFault fault)
    {
        long count = _counts.GetValueOrDefault(fault.Rule);
        _counts[fault.Rule] = count + 1;
        if (count < AuditReport.FaultsPerRuleMax) _kept.Add(fault);
    }

    /// <summary>The broken rules of a check list, at one place.</summary>
    public void Add(IEnumerable<VerificationCheck> checks, uint? epoch, string? place)
    {
        foreach (VerificationCheck.Failed failed in checks.OfType<VerificationCheck.Failed>())
        {
            Add(new AuditFault(failed.Rule, failed.Expected, failed.Actual)
            {
                Epoch = epoch,
                Place = place,
                Attestation = failed.Attestation,
            });
        }
    }

    public ImmutableArray<AuditFault> Kept => [.. _kept];

    public ImmutableSortedDictionary<VerificationRule, long> Counts =>
        _counts.ToImmutableSortedDictionary();
}
