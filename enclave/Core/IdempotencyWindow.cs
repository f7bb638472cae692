using System.Numerics;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>
/// The idempotency digests of the last <c>idempotency-window</c> numbers, exactly: at number n, a
/// digest used by m is remembered while n - m &lt;= window (docs/PROTOCOL.md section 14).
/// </summary>
/// <remarks>
/// A ring of uses, oldest first, with a chained hash table over it. Numbers only grow, so the oldest
/// use is always the first of the ring and the last of its chain, and forgetting costs as much as
/// adding. Room is taken at once, as in <see cref="CellTable"/>: for the window and the group at its
/// edge.
/// </remarks>
internal sealed class IdempotencyWindow
{
    private readonly uint _window;
    private readonly KeyUse[] _uses;

    // For each place of the ring and for each bucket one above the place that comes next in the
    // chain, which is older: 0, as the memory comes, is none.
    private readonly int[] _older;
    private readonly int[] _buckets;
    private int _oldest;

    public IdempotencyWindow(uint window)
    {
        int usesMax = (int)window + Limits.GroupMax;
        _window = window;
        _uses = new KeyUse[usesMax];
        _older = new int[usesMax];
        _buckets = new int[BitOperations.RoundUpToPowerOf2((uint)usesMax)];
    }

    public int Count { get; private set; }

    /// <summary>Forgets what is out of the window at a number that will be assigned.</summary>
    public void MoveTo(ulong number)
    {
        while (Count > 0)
        {
            ulong oldest = _uses[_oldest].Number;
            if (number <= oldest || number - oldest <= _window) return;
            RemoveOldest();
        }
    }

    /// <summary>The use of a digest since the number of the last <see cref="MoveTo"/>.</summary>
    public bool TryFind(in Digest digest, out KeyUse use)
    {
        int at = _buckets[BucketOf(digest)];
        while (at != 0 && _uses[at - 1].Key != digest) at = _older[at - 1];
        use = at == 0 ? default : _uses[at - 1];
        return at != 0;
    }

    /// <summary>Remembers a use; false, changing nothing, if the digest is in the window.</summary>
    /// <exception cref="InvalidOperationException">More uses than numbers in the window.</exception>
    public bool TryAdd(in KeyUse use)
    {
        if (TryFind(use.Key, out _)) return false;
        if (Count == _uses.Length) throw new InvalidOperationException("The window is full.");
        int at = Wrapped(_oldest + (long)Count);
        ref int bucket = ref _buckets[BucketOf(use.Key)];
        _uses[at] = use;
        _older[at] = bucket;
        bucket = at + 1;
        Count++;
        return true;
    }

    /// <summary>The digest of all that is remembered (docs/PROTOCOL.md section 4).</summary>
    public Digest Digest()
    {
        using SnapshotDigest digest = SnapshotDigest.OfWindow();
        for (int i = 0; i < Count; i++) digest.Add(_uses[Wrapped(_oldest + (long)i)]);
        return digest.Finish();
    }

    private void RemoveOldest()
    {
        ref int link = ref _buckets[BucketOf(_uses[_oldest].Key)];
        while (link != _oldest + 1) link = ref _older[link - 1];
        link = 0;
        _oldest = Wrapped(_oldest + 1L);
        Count--;
    }

    private int Wrapped(long place) => (int)(place < _uses.Length ? place : place - _uses.Length);

    private int BucketOf(in Digest digest) => digest.GetHashCode() & (_buckets.Length - 1);
}
