using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>Which entry used an idempotency digest.</summary>
/// <param name="Number">Its sequence number.</param>
/// <param name="Request">Its request digest.</param>
/// <param name="GroupIndex">Its place in its group.</param>
/// <param name="GroupCount">Members of its group.</param>
internal readonly record struct IdempotencyUse(
    ulong Number, Digest Request, ushort GroupIndex, ushort GroupCount);

/// <summary>
/// The idempotency digests of the last <c>idempotency-window</c> numbers, exactly: at number n, a
/// digest used by m is remembered while n - m &lt;= window (docs/PROTOCOL.md section 14).
/// </summary>
/// <remarks>
/// Numbers only grow, so the oldest use is always in front, and forgetting costs as much as adding.
/// Room is taken at once, as in <see cref="CellTable"/>: for the window and the group at its edge.
/// </remarks>
internal sealed class IdempotencyWindow(uint window)
{
    private readonly Dictionary<Digest, IdempotencyUse> _uses = new(UsesMax(window));
    private readonly Queue<(ulong Number, Digest Digest)> _oldestFirst = new(UsesMax(window));

    public int Count => _uses.Count;

    /// <summary>Forgets what is out of the window at a number that will be assigned.</summary>
    public void MoveTo(ulong number)
    {
        while (_oldestFirst.TryPeek(out (ulong Number, Digest Digest) oldest)
            && number > oldest.Number && number - oldest.Number > window)
        {
            _uses.Remove(oldest.Digest);
            _oldestFirst.Dequeue();
        }
    }

    /// <summary>The use of a digest since the number of the last <see cref="MoveTo"/>.</summary>
    public bool TryFind(in Digest digest, out IdempotencyUse use) =>
        _uses.TryGetValue(digest, out use);

    /// <summary>Remembers a use; false, changing nothing, if the digest is in the window.</summary>
    public bool TryAdd(in Digest digest, in IdempotencyUse use)
    {
        if (!_uses.TryAdd(digest, use)) return false;
        _oldestFirst.Enqueue((use.Number, digest));
        return true;
    }

    private static int UsesMax(uint window) => (int)window + Limits.GroupMax;
}
