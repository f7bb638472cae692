using System.Numerics;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>
/// The idempotency digests of the last <c>idempotency-window</c> numbers, exactly: at number n, a
/// digest used by m is remembered while n - m &lt;= window (docs/PROTOCOL.md section 14).
/// </summary>
/// <remarks>
/// A ring of uses, oldest first, with a chained hash table over it. Numbers only grow, so a chain
/// leads from newer uses to older ones, and to forget is to move the ring's start: chains keep their
/// ends, and a search sees where the window ends. So forgetting does not touch the table, which is
/// far larger than the processor's caches. Room is taken at once, as in <see cref="CellTable"/>: for
/// the window and the group at its edge.
/// </remarks>
internal sealed class IdempotencyWindow
{
    private readonly uint _window;
    private readonly KeyUse[] _uses;

    // Uses are counted, from 1 and round again after 2^32. For each place of the ring and for each
    // bucket the count of the use that comes next in the chain, which is older, or was forgotten.
    private readonly uint[] _older;
    private readonly uint[] _buckets;

    // Place and count of the oldest use in the window.
    private int _oldest;
    private uint _oldestCount = 1;

    public IdempotencyWindow(uint window)
    {
        int usesMax = (int)window + Limits.GroupMax;
        _window = window;
        _uses = new KeyUse[usesMax];
        _older = new uint[usesMax];
        _buckets = new uint[BitOperations.RoundUpToPowerOf2((uint)usesMax)];
    }

    public int Count { get; private set; }

    /// <summary>Forgets what is out of the window at a number that will be assigned.</summary>
    public void MoveTo(ulong number)
    {
        while (Count > 0)
        {
            ulong oldest = _uses[_oldest].Number;
            if (number <= oldest || number - oldest <= _window) return;
            _oldest = PlaceOf(1);
            _oldestCount++;
            Count--;
        }
    }

    /// <summary>The use of a digest since the number of the last <see cref="MoveTo"/>.</summary>
    public bool TryFind(in Digest digest, out KeyUse use)
    {
        use = default;
        uint at = _buckets[BucketOf(digest)];
        // Each use of a chain is older than the one before. One that is not, or is not in the
        // window, was forgotten, and so was all behind it.
        for (uint newer = (uint)Count; at - _oldestCount < newer;)
        {
            newer = at - _oldestCount;
            int place = PlaceOf(newer);
            if (_uses[place].Key == digest)
            {
                use = _uses[place];
                return true;
            }
            at = _older[place];
        }
        return false;
    }

    /// <summary>Remembers a use; false, changing nothing, if the digest is in the window.</summary>
    /// <exception cref="InvalidOperationException">More uses than numbers in the window.</exception>
    public bool TryAdd(in KeyUse use)
    {
        if (TryFind(use.Key, out _)) return false;
        if (Count == _uses.Length) throw new InvalidOperationException("The window is full.");
        int place = PlaceOf((uint)Count);
        ref uint bucket = ref _buckets[BucketOf(use.Key)];
        _uses[place] = use;
        _older[place] = bucket;
        bucket = _oldestCount + (uint)Count;
        Count++;
        return true;
    }

    /// <summary>The digest of all that is remembered (docs/PROTOCOL.md section 4).</summary>
    public Digest Digest()
    {
        using SnapshotDigest digest = SnapshotDigest.OfWindow();
        for (int i = 0; i < Count; i++) digest.Add(_uses[PlaceOf((uint)i)]);
        return digest.Finish();
    }

    /// <summary>The place of a use that has so many older ones in the window.</summary>
    private int PlaceOf(uint older)
    {
        long place = _oldest + (long)older;
        return (int)(place < _uses.Length ? place : place - _uses.Length);
    }

    private int BucketOf(in Digest digest) => digest.GetHashCode() & (_buckets.Length - 1);
}
