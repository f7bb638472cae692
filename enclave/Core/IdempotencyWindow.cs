using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

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
    private readonly Dictionary<Digest, KeyUse> _uses = new(UsesMax(window));
    private readonly Queue<(ulong Number, Digest Key)> _oldestFirst = new(UsesMax(window));

    public int Count => _uses.Count;

    /// <summary>Forgets what is out of the window at a number that will be assigned.</summary>
    public void MoveTo(ulong number)
    {
        while (_oldestFirst.TryPeek(out (ulong Number, Digest Key) oldest)
            && number > oldest.Number && number - oldest.Number > window)
        {
            _uses.Remove(oldest.Key);
            _oldestFirst.Dequeue();
        }
    }

    /// <summary>The use of a digest since the number of the last <see cref="MoveTo"/>.</summary>
    public bool TryFind(in Digest digest, out KeyUse use) =>
        _uses.TryGetValue(digest, out use);

    /// <summary>Remembers a use; false, changing nothing, if the digest is in the window.</summary>
    public bool TryAdd(in KeyUse use)
    {
        if (!_uses.TryAdd(use.Key, use)) return false;
        _oldestFirst.Enqueue((use.Number, use.Key));
        return true;
    }

    /// <summary>The digest of all that is remembered (docs/PROTOCOL.md section 4).</summary>
    public Digest Digest()
    {
        using SnapshotDigest digest = SnapshotDigest.OfWindow();
        foreach ((_, Digest key) in _oldestFirst) digest.Add(_uses[key]);
        return digest.Finish();
    }

    private static int UsesMax(uint window) => (int)window + Limits.GroupMax;
}
