using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// The idempotency digests of the last <c>idempotency-window</c> numbers: none may come again while
/// n - m is within the window (docs/PROTOCOL.md section 12.4).
/// </summary>
internal sealed class IdempotencyReplay(uint window, FaultList faults)
{
    private readonly Dictionary<Digest, ulong> _numbers = [];
    private readonly Queue<KeyUse> _oldestFirst = [];

    public void Take(EntryRecord entry, ulong number)
    {
        MoveTo(number);
        Digest digest = entry.Idempotency;
        if (digest.IsZero) return;
        if (_numbers.TryGetValue(digest, out ulong earlier))
        {
            faults.Add(new AuditFault(
                VerificationRule.Idempotency,
                $"no idempotency digest of the {window} numbers before",
                $"that of record {earlier}")
            { Number = number });
        }
        _numbers[digest] = number;
        // Its place, not the number that it says: that is another rule's.
        _oldestFirst.Enqueue(KeyUse.Of(entry) with { Number = number });
    }

    /// <summary>What a record of this number may not use again, oldest first.</summary>
    public IReadOnlyCollection<KeyUse> WindowAt(ulong number)
    {
        MoveTo(number);
        return _oldestFirst;
    }

    private void MoveTo(ulong number)
    {
        while (_oldestFirst.TryPeek(out KeyUse oldest) && number - oldest.Number > window)
        {
            _oldestFirst.Dequeue();
            // A digest that came again stands for its later number.
            if (_numbers.GetValueOrDefault(oldest.Key) == oldest.Number) _numbers.Remove(oldest.Key);
        }
    }
}
