using System.Buffers;
using System.Runtime.InteropServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>
/// All that is computed from the commit frames, and from requests and metadata beside them: tiles,
/// number index, chains, payload table, statements.
/// Recovery and the writer feed it the same way: <see cref="TryStage"/> checks a batch against the
/// log's end, <see cref="Flush"/> writes what follows from it, <see cref="Publish"/> lets lookups
/// find it.
/// </summary>
/// <remarks>One writer. Readers stay below the size of the view that they hold.</remarks>
internal sealed class DerivedData(
    IStoreFiles files,
    EpochDocuments documents,
    TileFiles tiles,
    NumberIndex numbers,
    ChainIndex chains) : IDisposable
{
    private const int PlacesAtOnce = 4096;

    private readonly List<Digest> _leaves = [];
    private readonly ArrayBufferWriter<byte> _places = new();
    private readonly Dictionary<ulong, ulong> _newest = [];
    private readonly List<StatementPlace> _stagedStatements = [];
    private readonly List<ulong> _stagedSnapshots = [];
    private bool _isInDoubt;
    private ulong _flushed;
    private Digest _lastLeaf;

    /// <summary>Hashes of the tiles.</summary>
    public TileFiles Tiles => tiles;

    /// <summary>Places of the numbers.</summary>
    public NumberIndex Numbers => numbers;

    /// <summary>Which entries belong together.</summary>
    public ChainIndex Chains => chains;

    /// <summary>Newest number by payload.</summary>
    public PayloadTable Payloads { get; } = new();

    /// <summary>Statements that were published, oldest first; replaced, never changed.</summary>
    public StatementPlace[] Statements { get; private set; } = [];

    /// <summary>Numbers of the snapshots that were published, oldest first; likewise.</summary>
    public ulong[] Snapshots { get; private set; } = [];

    /// <summary>The number that comes next, staged ones counted.</summary>
    public ulong NextNumber => _flushed + (ulong)_leaves.Count;

    /// <summary>
    /// Takes the records of a commit frame, to lie in the log from <paramref name="recordsOffset"/>
    /// on.
    /// </summary>
    /// <param name="frame">The frame.</param>
    /// <param name="recordsOffset">Where its records are.</param>
    /// <param name="heads">What travels beside them.</param>
    /// <returns>Null, or why the batch does not follow what is there; then nothing was taken if
    /// nothing was staged before.</returns>
    public string? TryStage(in CommitFrame frame, long recordsOffset, EntryHeads heads)
    {
        string? fault = Stage(frame, recordsOffset, heads);
        if (fault is not null) Discard();
        return fault;
    }

    /// <summary>Writes tiles and indexes for what was staged.</summary>
    public void Flush()
    {
        Numbers.Write(_flushed, _places.WrittenMemory);
        Chains.Flush();
        Tiles.Append(CollectionsMarshal.AsSpan(_leaves));
        _flushed = NextNumber;
        _lastLeaf = _leaves.Count > 0 ? _leaves[^1] : _lastLeaf;
        _leaves.Clear();
        _places.ResetWrittenCount();
    }

    /// <summary>Lets lookups find what was flushed.</summary>
    public void Publish()
    {
        foreach ((ulong fingerprint, ulong number) in _newest) Payloads.Set(fingerprint, number);
        _newest.Clear();
        Chains.Publish();
        if (_stagedSnapshots.Count > 0) Snapshots = [.. Snapshots, .. _stagedSnapshots];
        _stagedSnapshots.Clear();
        if (_stagedStatements.Count == 0) return;
        Statements = [.. Statements, .. _stagedStatements];
        _stagedStatements.Clear();
    }

    /// <summary>
    /// Begins with what tiles and indexes have of so many numbers, whose last leaf hash is given.
    /// </summary>
    /// <returns>The highest offset of a payload that they have, or null.</returns>
    /// <exception cref="IOException">The log has not the records that the index says.</exception>
    public long? Resume(ulong size, in Digest lastLeaf, SegmentChain log)
    {
        long? lastPayload = null;
        var places = new NumberPlace[PlacesAtOnce];
        for (ulong first = 0; first < size; first += PlacesAtOnce)
        {
            Span<NumberPlace> some = places.AsSpan(0, (int)Math.Min(PlacesAtOnce, size - first));
            numbers.Read(first, some);
            for (int i = 0; i < some.Length; i++)
            {
                ref readonly NumberPlace place = ref some[i];
                if (place.PayloadOffset == CommitFrame.NoPayload)
                {
                    StageOther(log, place, first + (ulong)i);
                    continue;
                }
                Payloads.Set(place.Fingerprint, first + (ulong)i);
                lastPayload = Math.Max(lastPayload ?? 0, (long)place.PayloadOffset);
            }
        }
        _flushed = size;
        _lastLeaf = lastLeaf;
        Publish();
        return lastPayload;
    }

    /// <summary>
    /// Makes tiles and indexes durable up to a mark that was published, and then the mark. May run
    /// beside the writer: what it writes lies behind.
    /// </summary>
    /// <exception cref="IOException">The disk failed; the older mark, if any, still holds.</exception>
    public void Keep(DerivedMark mark)
    {
        // After a sync that failed the next one may succeed without what was lost.
        if (_isInDoubt) throw new IOException("Syncing tiles or an index failed before.");
        _isInDoubt = true;
        numbers.Sync();
        chains.Sync();
        tiles.Sync(files);
        mark.Write(files);
        _isInDoubt = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tiles.Dispose();
        numbers.Dispose();
        chains.Dispose();
    }

    /// <summary>The mark of all that was staged.</summary>
    public DerivedMark MarkAt(long lastFrame, long logEnd) =>
        new(NextNumber, lastFrame, logEnd, Chains.RowCount, Chains.ChainCount);

    private string? Stage(in CommitFrame frame, long recordsOffset, EntryHeads heads)
    {
        if (frame.FirstNumber != NextNumber)
        {
            return $"number {frame.FirstNumber} comes where {NextNumber} belongs";
        }
        ReadOnlySpan<byte> rest = frame.Records;
        for (int i = 0; i < frame.Count; i++)
        {
            if (!EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record)
                || !RecordHeader.TryRead(record, out RecordHeader header))
            {
                return $"record {NextNumber} does not decode";
            }
            Digest previous = _leaves.Count > 0 ? _leaves[^1] : _lastLeaf;
            if (header.Number != NextNumber || header.Previous != previous)
            {
                return $"record {NextNumber} does not follow the one before it";
            }
            ulong payloadOffset = frame.PayloadOffset(i);
            if ((header.Type != RecordType.Entry) != (payloadOffset == CommitFrame.NoPayload))
            {
                return $"record {NextNumber}: entries have a payload, other records none";
            }
            ulong equal = NumberPlace.NoNumber;
            ulong fingerprint = 0;
            if (header.Type == RecordType.Statement)
            {
                if (!documents.Exists(header.Epoch)) return $"epoch {header.Epoch} has no document";
                _stagedStatements.Add(new StatementPlace(NextNumber, header.Epoch));
            }
            else if (EntryRecord.TryParse(record, out EntryRecord entry))
            {
                fingerprint = entry.Payload.Fingerprint;
                equal = SwapNewest(fingerprint, NextNumber);
                heads.Find(i, entry, payloadOffset, out var request, out var metadata);
                EntryChains.Stage(chains, entry, request, metadata);
            }
            else if (SnapshotRecord.TryParse(record, out _))
            {
                _stagedSnapshots.Add(NextNumber);
            }
            else if (!SealRecord.TryParse(record, out _))
            {
                return $"record {NextNumber} does not decode";
            }
            long offset = recordsOffset + frame.Records.Length - rest.Length - record.Length;
            NumberIndex.Encode(
                _places,
                new NumberPlace(offset, record.Length, payloadOffset, equal, fingerprint));
            _leaves.Add(TreeHash.Leaf(record));
        }
        return rest.IsEmpty ? null : "bytes follow the last record";
    }

    private ulong SwapNewest(ulong fingerprint, ulong number)
    {
        ref ulong newest =
            ref CollectionsMarshal.GetValueRefOrAddDefault(_newest, fingerprint, out bool isStaged);
        ulong before = isStaged ? newest : Payloads.Newest(fingerprint);
        newest = number;
        return before;
    }

    private void StageOther(SegmentChain log, in NumberPlace place, ulong number)
    {
        var record = new byte[place.RecordBytes];
        if (!log.TryRead(place.RecordOffset, record)
            || !RecordHeader.TryRead(record, out RecordHeader header) || header.Number != number)
        {
            throw new IOException($"Record {number} is not where the index says.");
        }
        if (header.Type == RecordType.Statement)
        {
            _stagedStatements.Add(new StatementPlace(number, header.Epoch));
        }
        if (header.Type == RecordType.Snapshot) _stagedSnapshots.Add(number);
    }

    private void Discard()
    {
        _leaves.Clear();
        _places.ResetWrittenCount();
        _newest.Clear();
        Chains.Discard();
        _stagedStatements.Clear();
        _stagedSnapshots.Clear();
    }
}
