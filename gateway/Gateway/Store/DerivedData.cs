using System.Buffers;
using System.Runtime.InteropServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>
/// All that is computed from the commit frames: tiles, number index, payload table, statements.
/// Recovery and the writer feed it the same way: <see cref="TryStage"/> checks a batch against the
/// log's end, <see cref="Flush"/> writes what follows from it, <see cref="Publish"/> lets lookups
/// find it.
/// </summary>
/// <remarks>One writer. Readers stay below the size of the view that they hold.</remarks>
internal sealed class DerivedData(IStoreFiles files, EpochDocuments documents) : IDisposable
{
    private readonly List<Digest> _leaves = [];
    private readonly ArrayBufferWriter<byte> _places = new();
    private readonly Dictionary<ulong, ulong> _newest = [];
    private readonly List<StatementPlace> _stagedStatements = [];
    private ulong _flushed;
    private Digest _lastLeaf;

    /// <summary>Hashes of the tiles.</summary>
    public TileFiles Tiles { get; } = new(files);

    /// <summary>Places of the numbers.</summary>
    public NumberIndex Numbers { get; } = new(files);

    /// <summary>Newest number by payload.</summary>
    public PayloadTable Payloads { get; } = new();

    /// <summary>Statements that were published, oldest first; replaced, never changed.</summary>
    public StatementPlace[] Statements { get; private set; } = [];

    /// <summary>The number that comes next, staged ones counted.</summary>
    public ulong NextNumber => _flushed + (ulong)_leaves.Count;

    /// <summary>
    /// Takes the records of a commit frame, to lie in the log from <paramref name="recordsOffset"/>
    /// on.
    /// </summary>
    /// <returns>Null, or why the batch does not follow what is there; then nothing was taken if
    /// nothing was staged before.</returns>
    public string? TryStage(in CommitFrame frame, long recordsOffset)
    {
        string? fault = Stage(frame, recordsOffset);
        if (fault is not null) Discard();
        return fault;
    }

    /// <summary>Writes tiles and index for what was staged.</summary>
    public void Flush()
    {
        Numbers.Write(_flushed, _places.WrittenMemory);
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
        if (_stagedStatements.Count == 0) return;
        Statements = [.. Statements, .. _stagedStatements];
        _stagedStatements.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tiles.Dispose();
        Numbers.Dispose();
    }

    private string? Stage(in CommitFrame frame, long recordsOffset)
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
            if (header.Type == RecordType.Statement)
            {
                if (!documents.Exists(header.Epoch)) return $"epoch {header.Epoch} has no document";
                _stagedStatements.Add(new StatementPlace(NextNumber, header.Epoch));
            }
            else if (EntryRecord.TryParse(record, out EntryRecord entry))
            {
                equal = SwapNewest(entry.Payload.Fingerprint, NextNumber);
            }
            else if (!SealRecord.TryParse(record, out _))
            {
                return $"record {NextNumber} does not decode";
            }
            long offset = recordsOffset + frame.Records.Length - rest.Length - record.Length;
            NumberIndex.Encode(
                _places, new NumberPlace(offset, record.Length, payloadOffset, equal));
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

    private void Discard()
    {
        _leaves.Clear();
        _places.ResetWrittenCount();
        _newest.Clear();
        _stagedStatements.Clear();
    }
}
