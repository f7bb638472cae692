using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Snapshots;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Brings an enclave and the store to the same size: what a new connection begins with. Afterwards the
/// enclave is open and everything that it signed is durable here. And, when an epoch is to end as
/// planned, what the connection ends with.
/// </summary>
internal sealed class EnclaveAttachment(
    LogStore store,
    EnclaveClient enclave,
    LogConfiguration configuration,
    IReadOnlyDictionary<Digest, ulong> unanswered,
    SnapshotKeeper? snapshots,
    Action<LogView> published,
    IdentityKeeper? identity = null)
{
    // Well under a frame, and several are on their way at once.
    private const int ReplayChunkBytes = 1024 * 1024;

    private readonly HashSet<ulong> _given = [];
    private LogHead _head = LogHead.Empty;

    /// <summary>Attaches.</summary>
    /// <returns>Where the log then stands.</returns>
    /// <exception cref="LogContradictionException">The two tell different stories.</exception>
    public async Task<LogHead> RunAsync(CancellationToken cancellationToken)
    {
        _head = LogHead.Of(store.View);
        EnclaveHello hello = await enclave.HelloAsync(cancellationToken);
        switch (hello.Phase)
        {
            case EnclavePhase.Stopped:
                throw new EnclaveRefusedException(EnclaveErrorCode.Stopped, "it has stopped");
            case EnclavePhase.Open:
                await ResumeAsync(hello, cancellationToken);
                break;
            case EnclavePhase.Sealed:
                await ResumeAsync(hello, cancellationToken);
                await enclave.AcknowledgeAsync(_head.Size, cancellationToken);
                throw new EnclaveRefusedException(EnclaveErrorCode.Sealed, "its epoch is sealed");
            default:
                await OpenEpochAsync(cancellationToken);
                break;
        }
        await enclave.AcknowledgeAsync(_head.Size, cancellationToken);
        return _head;
    }

    /// <summary>
    /// Ends the epoch at a head where nothing is under way. What a crash at any step leaves is in
    /// docs/PROTOCOL.md section 14, "Sealing".
    /// </summary>
    /// <returns>The head over the seal, durable.</returns>
    /// <exception cref="LogContradictionException">The enclave answered something else.</exception>
    public async Task<LogHead> SealAsync(LogHead head, CancellationToken cancellationToken)
    {
        _head = head;
        BatchAnswer answer = await enclave.SealAsync(head.Size, head.Size, cancellationToken);
        await CommitAsync(answer, cancellationToken);
        if (!_head.IsSealed)
        {
            throw new LogContradictionException("The enclave answered a seal with no seal.");
        }
        await enclave.AcknowledgeAsync(_head.Size, cancellationToken);
        return _head;
    }

    // The enclave outlived the gateway or the connection: take what it signed and was not told about.
    private async Task ResumeAsync(EnclaveHello hello, CancellationToken cancellationToken)
    {
        if (hello.Size < _head.Size)
        {
            throw new LogContradictionException(
                $"The store has {_head.Size} records, the open enclave only {hello.Size}: "
                + "another enclave has written here.");
        }
        if (hello.AcknowledgedSize > _head.Size)
        {
            throw new LogContradictionException(
                $"The enclave was told that {hello.AcknowledgedSize} records are durable, the store "
                + $"has {_head.Size}: this is not the directory that it was used with.");
        }
        if (_head.Size > 0 && hello.LogId != _head.LogId)
        {
            throw new LogContradictionException(
                $"The enclave has log {hello.LogId}, the store {_head.LogId}.");
        }
        // An answer has as many batches as fit a frame, and at least one while there is any.
        while (_head.Size < hello.Size)
        {
            IReadOnlyList<BatchAnswer> pending =
                await enclave.PendingAsync(_head.Size, cancellationToken);
            if (pending.Count == 0) break;
            foreach (BatchAnswer batch in pending) await CommitAsync(batch, cancellationToken);
        }
        EpochBundle bundle = await enclave.BundleAsync(cancellationToken);
        if (_head.Size != hello.Size || _head.LogId != hello.LogId || _head.Statement is null
            || !_head.Statement.Bytes.Span.SequenceEqual(bundle.Statement))
        {
            throw new LogContradictionException(
                $"The open enclave's epoch {hello.Epoch} at size {hello.Size} is not the store's at "
                + $"size {_head.Size}.");
        }
    }

    // An enclave without a log: a new log for an empty store, otherwise the log as it stands here. It
    // may also have a replay half done, by a connection that broke: the next one starts over.
    private async Task OpenEpochAsync(CancellationToken cancellationToken)
    {
        BatchAnswer opened;
        if (_head.Size == 0 && unanswered.Count > 0)
        {
            // Entries are taken only after the first statement is durable: its log was lost.
            throw new LogContradictionException(
                $"The log is empty, but {unanswered.Count} requests were written for it: a new one "
                + "is not begun over what is left of another.");
        }
        if (_head.Size == 0)
        {
            await GiveIdentityAsync(configuration, cancellationToken);
            opened = await enclave.GenesisAsync(configuration.ToBytes(), cancellationToken);
        }
        else
        {
            opened = await ReplayAsync(cancellationToken);
        }
        // Statement and document are durable before anything is acknowledged under them.
        await CommitAsync(opened, cancellationToken);
    }

    private Task GiveIdentityAsync(LogConfiguration log, CancellationToken cancellationToken) =>
        identity?.GiveAsync(enclave, log, cancellationToken) ?? Task.CompletedTask;

    // From the newest snapshot, if its content can be had: what came before it is then not read.
    private async Task<BatchAnswer> ReplayAsync(CancellationToken cancellationToken)
    {
        LogView view = store.View;
        using SnapshotContent? content =
            snapshots is null ? null : await snapshots.OpenAsync(view);
        if (content is not null)
        {
            try
            {
                return await ReplayAsync(view, content, cancellationToken);
            }
            catch (EnclaveRefusedException e) when (e.Code == EnclaveErrorCode.ReplayRefused)
            {
                // A content whose digests are right is refused for what is wrong elsewhere: the full
                // replay tells what, or does without it.
                snapshots!.TellRefused(content.Number, e.Message);
            }
        }
        return await ReplayAsync(view, null, cancellationToken);
    }

    private async Task<BatchAnswer> ReplayAsync(
        LogView view, SnapshotContent? from, CancellationToken cancellationToken)
    {
        uint epoch = view.Statements[^1].Epoch;
        byte[] document = store.EpochDocument(epoch)
            ?? throw new StoreDamagedException($"epochs/{epoch}.document", "is missing.");
        if (from is null)
        {
            await enclave.ReplayBeginAsync(
                view.Size, view.Checkpoint, document, cancellationToken);
        }
        else
        {
            StatementPlace statement = view.Statements.Last(s => s.Number < from.Number);
            await enclave.ReplayBeginAtSnapshotAsync(
                view.Size,
                view.Checkpoint,
                document,
                view.ReadRecord(statement.Number),
                view.ReadRecord(from.Number),
                cancellationToken);
            await SendAsync(from.Parts(), enclave.ReplayContentAsync, cancellationToken);
        }
        await SendAsync(
            Records(view, from is null ? 0 : from.Number + 1),
            enclave.ReplayRecordsAsync,
            cancellationToken);
        await GiveIdentityAsync(_head.Statement!.Fields.Configuration, cancellationToken);
        return await enclave.ReplayEndAsync(cancellationToken);
    }

    // The next part is read while the enclave works on the one before.
    private static async Task SendAsync(
        IEnumerable<ReadOnlyMemory<byte>> parts,
        Func<ReadOnlyMemory<byte>, CancellationToken, Task> send,
        CancellationToken cancellationToken)
    {
        Task before = Task.CompletedTask;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            Task sent = send(part, cancellationToken);
            try
            {
                await before;
            }
            catch
            {
                // What was sent behind a refused part is refused too, and says nothing new.
                await sent.ContinueWith(
                    static _ => { }, CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                throw;
            }
            before = sent;
        }
        await before;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Records(LogView view, ulong next)
    {
        while (next < view.Size)
        {
            var chunk = new byte[ReplayChunkBytes];
            int length = view.ReadRecords(next, chunk, out int count);
            next += (ulong)count;
            yield return chunk.AsMemory(0, length);
        }
    }

    // A batch that nobody waits for. The same order of steps as the writer's.
    private async Task CommitAsync(BatchAnswer answer, CancellationToken cancellationToken)
    {
        // Batches without records only say no; there is nothing to keep of them.
        if (answer.RecordCount == 0) return;
        LogHead next = _head.TryExtend(answer, out string fault)
            ?? throw new LogContradictionException($"The enclave's batch is wrong: {fault}.");
        if (next.Statement != _head.Statement)
        {
            EpochBundle bundle = await enclave.BundleAsync(cancellationToken);
            if (!bundle.Statement.AsSpan().SequenceEqual(next.Statement!.Bytes.Span))
            {
                throw new LogContradictionException(
                    "The enclave's statement is not the one in its log.");
            }
            store.PutEpochDocument(next.Statement.Fields.Epoch, bundle.Document);
            // Durable before the first head that it signed is: nobody knows a key that is lost.
            if (identity is not null)
            {
                await identity.KeepAsync(
                    enclave, next.Statement.Fields.Configuration, cancellationToken);
            }
        }
        store.AppendCommit(
            answer.StartSize, answer.Records.Span, PlacesOf(answer), answer.Checkpoint.Span);
        store.SyncLog();
        store.Erase(_head.Size, next.Size);
        published(store.Publish());
        _head = next;
    }

    // Equal requests are known by one payload; each record gets one of its own, so that erasing one
    // leaves the other.
    private ulong[] PlacesOf(BatchAnswer answer)
    {
        var offsets = new ulong[answer.RecordCount];
        ReadOnlySpan<byte> rest = answer.Records.Span;
        for (int i = 0; i < offsets.Length; i++)
        {
            EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> bytes);
            if (!EntryRecord.TryParse(bytes, out EntryRecord record))
            {
                offsets[i] = CommitFrame.NoPayload;
            }
            else if (!unanswered.TryGetValue(record.Request, out offsets[i]))
            {
                throw new LogContradictionException(
                    $"The enclave signed record {record.Header.Number}, whose payload is not here.");
            }
            else if (!_given.Add(offsets[i]))
            {
                offsets[i] = store.CopyPayload(offsets[i]);
            }
        }
        return offsets;
    }
}
