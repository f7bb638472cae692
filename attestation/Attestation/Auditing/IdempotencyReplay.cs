using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// The idempotency digests of the last <c>idempotency-window</c> numbers: none may come again while
/// n - m is within the window (docs/PROTOCOL.md section 12.4).
/// </summary>
internal sealed class IdempotencyReplay(uint window, FaultList faults)
{
    private readonly Dictionary<Digest, ulong> _numbers = [];
    private readonly Queue<(Digest Digest, ulong Number)> _oldestFirst = [];

    public void Take(in Digest digest, ulong number)
    {
        while (_oldestFirst.TryPeek(out var oldest) && number - oldest.Number > window)
        {
            _oldestFirst.Dequeue();
            // A digest that came again stands for its later number.
            if (_numbers.GetValueOrDefault(oldest.Digest) == oldest.Number)
            {
                _numbers.Remove(oldest.Digest);
            }
        }
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
        _oldestFirst.Enqueue((digest, number));
    }
}
