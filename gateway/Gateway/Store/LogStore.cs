using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>
/// The append-only log on disk (docs/PROTOCOL.md section 15). A batch goes in these steps, and a
/// crash between any two leaves what is said beside it:
/// <list type="number">
/// <item><see cref="AppendPayloads"/>: frames that no record points to; recovery offers them
/// again.</item>
/// <item><see cref="SyncPayloads"/>: the same, for certain. Only now may the enclave number
/// them.</item>
/// <item><see cref="AppendCommit"/>: the batch is there or is a torn tail that recovery
/// cuts.</item>
/// <item><see cref="SyncLog"/>: the batch is there.</item>
/// <item><see cref="Erase"/>, where the batch has a tombstone: what it names is erased, in part or
/// not at all; the next opening finds the tombstone and erases again.</item>
/// <item><see cref="Publish"/>: readers see it, and it may be acknowledged.</item>
/// </list>
/// </summary>
/// <remarks>
/// Each method has one caller at a time. The payload side (the first two) and the log side (the
/// other four) may run beside each other, so that the syncs of neighbouring batches overlap. After
/// an <see cref="UncertainWriteException"/> every write is refused with it, and readers go on.
/// </remarks>
public sealed class LogStore : IDisposable
{
    private readonly IDisposable _lock;
    private readonly SegmentChain _log;
    private readonly PayloadFiles _payloads;
    private readonly DerivedData _derived;
    private readonly Erasing _erasing;
    private readonly EpochDocuments _documents;
    private readonly CosignedFile _cosigned;
    private readonly IdentityFile _identity;
    private volatile LogView _view;
    private volatile UncertainWriteException? _doubt;
    private byte[]? _stagedCheckpoint;
    private DerivedMark _stagedMark;
    private bool _isStagedSynced;

    internal LogStore(
        IDisposable held,
        SegmentChain log,
        PayloadFiles payloads,
        DerivedData derived,
        Erasing erasing,
        EpochDocuments documents,
        SnapshotFiles snapshots,
        CosignedFile cosigned,
        IdentityFile identity,
        byte[] checkpoint,
        DerivedMark mark,
        ulong keptSize)
    {
        SnapshotFiles = snapshots;
        KeptSize = keptSize;
        _lock = held;
        _log = log;
        _payloads = payloads;
        _derived = derived;
        _erasing = erasing;
        _documents = documents;
        _cosigned = cosigned;
        _identity = identity;
        _view = new LogView(log, payloads, derived, mark, checkpoint);
    }

    /// <summary>Opens the store in a directory, made if need be, and recovers it (section
    /// 15).</summary>
    /// <exception cref="StoreLockedException">Another gateway has it open.</exception>
    /// <exception cref="StoreDamagedException">Going on would lose what was
    /// acknowledged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static (LogStore Store, RecoveryReport Report) Open(
        string directory, StoreOptions options) =>
        Recovery.Open(new DiskFiles(directory), directory, options);

    /// <summary>The newest durable view.</summary>
    public LogView View => _view;

    /// <summary>Contents of snapshots; beside the writer, for one task.</summary>
    internal SnapshotFiles SnapshotFiles { get; }

    /// <summary>The size up to which tiles and indexes need not be made anew.</summary>
    internal ulong KeptSize { get; private set; }

    /// <summary>
    /// Writes a payload frame for each item and sets <paramref name="offsets"/>, of the same
    /// length, to where they are.
    /// </summary>
    /// <exception cref="UncertainWriteException">The write failed, or one failed
    /// before.</exception>
    public void AppendPayloads(ReadOnlySpan<PayloadItem> items, Span<ulong> offsets)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(offsets.Length, items.Length);
        ThrowIfInDoubt();
        if (items.IsEmpty) return;
        try
        {
            _payloads.Append(items, offsets);
        }
        catch (Exception e)
        {
            throw Doubt("writing payloads", e);
        }
    }

    /// <summary>Writes a frame that is there once more, durably.</summary>
    /// <param name="offset">Where it is.</param>
    /// <returns>Where the copy is.</returns>
    /// <exception cref="UncertainWriteException">A write failed, now or before.</exception>
    public ulong CopyPayload(ulong offset)
    {
        ulong copy = 0;
        Write("copying a payload", () =>
        {
            copy = _payloads.Copy(offset);
            _payloads.Sync();
        });
        return copy;
    }

    /// <summary>Makes the payload frames appended before the call durable.</summary>
    /// <exception cref="UncertainWriteException">The sync failed, or a write failed
    /// before.</exception>
    public void SyncPayloads() => Write("syncing payloads", _payloads.Sync);

    /// <summary>
    /// Appends a batch as the enclave signed it. One batch at a time: publish it before the next.
    /// </summary>
    /// <param name="firstNumber">Number of the first record: the size of the log.</param>
    /// <param name="records">The records, each u16 length and bytes.</param>
    /// <param name="payloadOffsets">For each record where its frame is, synced before, or
    /// <see cref="CommitFrame.NoPayload"/> for a statement, whose document is there
    /// already.</param>
    /// <param name="checkpoint">The signed checkpoint at the size after them.</param>
    /// <param name="heads">For each record its request and metadata, empty ones for what is no
    /// entry; or nothing, to have them read from the payload frames. The entries that are whole are
    /// kept in memory for a while.</param>
    /// <exception cref="ArgumentException">The batch does not follow what is there; nothing was
    /// written.
    /// </exception>
    /// <exception cref="UncertainWriteException">A write failed, now or before.</exception>
    public void AppendCommit(
        ulong firstNumber,
        ReadOnlySpan<byte> records,
        ReadOnlySpan<ulong> payloadOffsets,
        ReadOnlySpan<byte> checkpoint,
        ReadOnlySpan<EntryHead> heads = default)
    {
        if (_stagedCheckpoint is not null)
        {
            throw new InvalidOperationException("The batch before is not published.");
        }
        ThrowIfInDoubt();
        byte[] frame = Stage(firstNumber, records, payloadOffsets, checkpoint, heads);
        Write("writing a batch", () =>
        {
            long offset = _log.Append([frame], frame.Length);
            _derived.Flush();
            _stagedMark = _derived.MarkAt(offset, offset + frame.Length);
        });
        // Nobody reads above the newest view. Now, since a tombstone of this very batch may take it
        // out again.
        KeepNewest(firstNumber, records, heads);
        _stagedCheckpoint = checkpoint.ToArray();
        _isStagedSynced = false;
    }

    /// <summary>Makes the batch durable.</summary>
    /// <exception cref="UncertainWriteException">The sync failed, or a write failed
    /// before.</exception>
    public void SyncLog()
    {
        Write("syncing a batch", () => _log.Sync());
        _isStagedSynced = true;
    }

    /// <summary>
    /// Erases, for good, the payloads that tombstones of the batch name, which must be durable.
    /// Readers see them erased from then on, whichever view they have.
    /// </summary>
    /// <param name="first">First number of the batch that may be a tombstone.</param>
    /// <param name="end">Number after the last.</param>
    /// <exception cref="UncertainWriteException">A write failed, now or before.</exception>
    public void Erase(ulong first, ulong end)
    {
        if (_stagedCheckpoint is null || !_isStagedSynced)
        {
            throw new InvalidOperationException("There is no durable batch with tombstones.");
        }
        Write("erasing payloads", () => _erasing.Run(first, end));
    }

    /// <summary>
    /// Erases payloads that were written for requests which got no record of their own: a retry, or
    /// one that was refused. Otherwise each retry would leave a copy that no tombstone reaches. It is
    /// durable with the next sync of payloads; a crash before leaves such a copy.
    /// </summary>
    /// <param name="offsets">Their frames, to which no record points, now or later.</param>
    /// <exception cref="UncertainWriteException">A write failed, now or before.</exception>
    public void EraseUnused(IEnumerable<ulong> offsets) => Write("erasing what is unused", () =>
    {
        foreach (ulong offset in offsets) _payloads.TryErase(offset);
    });

    /// <summary>Lets readers see the batch, which must be durable. Touches no disk.</summary>
    /// <returns>The view at its checkpoint.</returns>
    public LogView Publish()
    {
        if (_stagedCheckpoint is null || !_isStagedSynced)
        {
            throw new InvalidOperationException("There is no durable batch to publish.");
        }
        _derived.Publish();
        _view = new LogView(_log, _payloads, _derived, _stagedMark, _stagedCheckpoint);
        _stagedCheckpoint = null;
        return _view;
    }

    /// <summary>
    /// Makes the attestation document of an epoch durable, before the commit of its statement. An
    /// epoch that never got so far may be given another.
    /// </summary>
    /// <exception cref="InvalidOperationException">The epoch's statement is in the log.</exception>
    /// <exception cref="UncertainWriteException">A write failed, now or before.</exception>
    public void PutEpochDocument(uint epoch, ReadOnlyMemory<byte> document)
    {
        if (_view.Statements.Any(s => s.Epoch == epoch))
        {
            throw new InvalidOperationException($"Epoch {epoch} is in the log with its document.");
        }
        Write("writing an epoch document", () => _documents.Put(epoch, document));
    }

    /// <summary>The attestation document of an epoch; null if there is none.</summary>
    public byte[]? EpochDocument(uint epoch) => _documents.Read(epoch);

    /// <summary>
    /// Makes tiles and indexes of the newest view durable, so that the next opening reads only the log
    /// behind it. May run beside everything but itself and disposal.
    /// </summary>
    /// <exception cref="IOException">The disk failed: the next opening reads more.</exception>
    public void KeepDerived()
    {
        LogView view = _view;
        if (view.Size == KeptSize) return;
        _derived.Keep(view.Mark);
        KeptSize = view.Size;
    }

    /// <summary>
    /// Makes the newest cosigned head durable, in place of the one before. May run beside the other
    /// writes, with one caller at a time.
    /// </summary>
    /// <exception cref="UncertainWriteException">A write failed, now or before.</exception>
    public void PutCosigned(ReadOnlyMemory<byte> note) =>
        Write("writing the cosigned head", () => _cosigned.Put(note));

    /// <summary>Makes the log's sealed identity durable.</summary>
    /// <exception cref="UncertainWriteException">A write failed, now or before.</exception>
    public void PutIdentity(ReadOnlyMemory<byte> identity) =>
        Write("writing the sealed identity", () => _identity.Put(identity));

    /// <summary>The log's sealed identity; empty if none is kept.</summary>
    /// <exception cref="StoreDamagedException">The file cannot be one.</exception>
    public ReadOnlyMemory<byte> ReadIdentity() => _identity.Read();

    /// <summary>
    /// The log up to its newest cosigned head, with that head as its checkpoint; null if there is
    /// none.
    /// </summary>
    /// <exception cref="StoreDamagedException">The log ends before the head, so that witnesses would
    /// convict whoever went on with it.</exception>
    public LogView? ReadCosigned()
    {
        if (_cosigned.Read() is not { } cosigned) return null;
        LogView view = _view;
        if (cosigned.Head.Size <= view.Size) return view.Under(cosigned.Head.Size, cosigned.Note);
        throw new StoreDamagedException(
            "log",
            $"it has {view.Size} records, and witnesses cosigned {cosigned.Head.Size}: its end is "
            + "lost. Restore the directory from a copy.");
    }

    /// <summary>
    /// Takes no more writes and lets go of the directory, so that it can be opened again. Views
    /// stay good until disposal: recovery changes nothing below their size.
    /// </summary>
    public void Retire()
    {
        _doubt ??= new UncertainWriteException("retiring the store", new IOException("Retired."));
        _lock.Dispose();
    }

    /// <summary>Closes the files and lets go of the directory. What was not synced stays uncertain.
    /// </summary>
    public void Dispose()
    {
        _log.Dispose();
        _payloads.Dispose();
        _derived.Dispose();
        _lock.Dispose();
    }

    private byte[] Stage(
        ulong firstNumber,
        ReadOnlySpan<byte> records,
        ReadOnlySpan<ulong> payloadOffsets,
        ReadOnlySpan<byte> checkpoint,
        ReadOnlySpan<EntryHead> heads)
    {
        if (!heads.IsEmpty && heads.Length != payloadOffsets.Length)
        {
            throw new ArgumentException("A head for each record, or none.", nameof(heads));
        }
        int length = CommitFrame.Length(records.Length, payloadOffsets.Length, checkpoint.Length);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        CommitFrame.Write(bytes, firstNumber, records, payloadOffsets, checkpoint);
        if (CommitFrame.TryRead(bytes, out CommitFrame frame, out _) != FrameStatus.Whole)
        {
            throw new ArgumentException("The batch does not make a commit frame.", nameof(records));
        }
        foreach (ulong offset in payloadOffsets)
        {
            if (offset != CommitFrame.NoPayload && offset >= (ulong)_payloads.Synced)
            {
                throw new ArgumentException("A payload is not durable.", nameof(payloadOffsets));
            }
        }
        EntryHeads found = heads.IsEmpty
            ? EntryHeads.On(_payloads.OpenHeads())
            : EntryHeads.Of(heads);
        string? fault = _derived.TryStage(frame, _log.End + CommitFrame.HeaderBytes, found);
        return fault is null ? bytes : throw new ArgumentException(fault, nameof(records));
    }

    private void KeepNewest(
        ulong number, ReadOnlySpan<byte> records, ReadOnlySpan<EntryHead> heads)
    {
        foreach (ref readonly EntryHead head in heads)
        {
            if (!EntryBundle.TryRead(ref records, out ReadOnlySpan<byte> record)) return;
            if (head.Whole is { } item) _derived.Newest.Put(number, record, item);
            number++;
        }
    }

    private void Write(string step, Action write)
    {
        ThrowIfInDoubt();
        try
        {
            write();
        }
        catch (Exception e)
        {
            throw Doubt(step, e);
        }
    }

    private UncertainWriteException Doubt(string step, Exception cause) =>
        _doubt = new UncertainWriteException(step, cause);

    private void ThrowIfInDoubt()
    {
        if (_doubt is { } doubt) throw doubt;
    }
}
