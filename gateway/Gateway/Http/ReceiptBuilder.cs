using System.Collections.Concurrent;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>Puts receipts together, each from one view: record, proofs and checkpoint agree.
/// </summary>
public sealed class ReceiptBuilder(PipelineState state)
{
    // An epoch in the log keeps its statement and document for ever.
    private readonly ConcurrentDictionary<uint, byte[]> _documents = new();
    private readonly ConcurrentDictionary<uint, ReceiptEpoch> _epochs = new();
    private volatile Proofs? _newest;

    /// <summary>The receipt of a record that was just appended, with what travels beside it.
    /// </summary>
    public Receipt Build(LogView view, ReadOnlyMemory<byte> record, in PayloadItem item) =>
        Build(view, record, item.Request, item.Metadata);

    /// <summary>The receipt of any record of the view.</summary>
    public Receipt Build(LogView view, StoredHead entry) =>
        Build(view, entry.Record, entry.Request, entry.Metadata);

    /// <summary>The attestation document of an epoch that is in the log.</summary>
    /// <exception cref="StoreDamagedException">It is missing.</exception>
    public byte[] Document(uint epoch)
    {
        if (_documents.TryGetValue(epoch, out byte[]? known)) return known;
        byte[]? document = state.Store?.EpochDocument(epoch)
            ?? throw new StoreDamagedException($"epochs/{epoch}.document", "is missing.");
        return _documents.GetOrAdd(epoch, document);
    }

    private Receipt Build(
        LogView view,
        ReadOnlyMemory<byte> record,
        ReadOnlyMemory<byte> request,
        ReadOnlyMemory<byte> metadata)
    {
        if (!RecordHeader.TryRead(record.Span, out RecordHeader header))
        {
            throw new StoreDamagedException("log", "a record that is none.");
        }
        Proofs proofs = ProofsOf(view);
        return new Receipt(
            record,
            request,
            metadata,
            proofs.Inclusion(header.Number),
            view.Checkpoint,
            proofs.Epoch);
    }

    // The receipts of one batch are asked for at the same moment: they share the nodes of the tree.
    private Proofs ProofsOf(LogView view)
    {
        Proofs? newest = _newest;
        if (newest?.View == view) return newest;
        StatementPlace place = view.Statements[^1];
        ReceiptEpoch known = _epochs.GetOrAdd(
            place.Epoch,
            epoch => new ReceiptEpoch(view.ReadRecord(place.Number), default, Document(epoch)));
        var made = new Proofs(view, known);
        if (newest is null || newest.View.Size < view.Size) _newest = made;
        return made;
    }

    private sealed class Proofs
    {
        private readonly TileHashSource _hashes;
        private readonly Lock _gate = new();

        public Proofs(LogView view, ReceiptEpoch epoch)
        {
            View = view;
            _hashes = view.OpenHashes();
            Epoch = epoch.Under(Inclusion(view.Statements[^1].Number));
        }

        public LogView View { get; }

        public ReceiptEpoch Epoch { get; }

        public Digest[] Inclusion(ulong number)
        {
            lock (_gate) return InclusionProof.Create(number, View.Size, _hashes);
        }
    }
}
