using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>Atomic groups are whole and in order (docs/PROTOCOL.md section 12.4).</summary>
internal sealed class GroupReplay(FaultList faults)
{
    private int _next;
    private int _count;
    private bool _isKnown = true;

    /// <summary>Records are missing: the next may be in the middle of a group.</summary>
    public void Skip() => (_next, _count, _isKnown) = (0, 0, false);

    public void Take(EntryRecord entry, ulong number)
    {
        bool follows = _count > 0
            ? entry.GroupCount == _count && entry.GroupIndex == _next
            : entry.GroupIndex == 0 || !_isKnown;
        if (!follows)
        {
            faults.Add(new AuditFault(
                VerificationRule.Group,
                _count > 0 ? $"member {_next} of {_count}" : "the first member of a group",
                $"member {entry.GroupIndex} of {entry.GroupCount}")
            { Number = number });
        }
        _isKnown = true;
        bool isLast = entry.GroupIndex + 1 == entry.GroupCount;
        (_next, _count) = isLast ? (0, 0) : (entry.GroupIndex + 1, entry.GroupCount);
    }

    /// <summary>A statement, a signed head or the end of the log: no group goes across.</summary>
    public void End(ulong number)
    {
        if (_count > 0)
        {
            faults.Add(new AuditFault(
                VerificationRule.Group, $"member {_next} of {_count}", "the end of the group")
            { Number = number });
        }
        (_next, _count) = (0, 0);
    }
}
