using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Snapshots;
using Sequencer.Gateway.Store;

namespace Sequencer.Bench.Parts;

/// <summary>What a restart takes after a crash of gateway and enclave.</summary>
internal sealed class RestartPart : IPart
{
    private const int Records = 1_000_000;
    private const int RecordsAfterSnapshot = 100_000;
    private const int BatchEntries = 8000;

    private static readonly Digest Tenant = Derivation.Tenant("default"u8);
    private static readonly byte[] Metadata = [1, 0, 0, 0, 0];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public string Id => "restart";

    public string Title => "restart with 1 M records";

    public string Method =>
        "a log of a million streams and keys is opened and handed to a new enclave process, until "
        + "it takes entries; from a snapshot a tenth of it ago, or from the log alone";

    public async Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        using var enclave = new EnclaveProcess();
        string data = Path.Combine(enclave.Folder, "data");
        progress("writing the log");
        await BuildAsync(enclave, data, cancellationToken);
        for (int run = 0; run < runs; run++)
        {
            await AddAsync("from the newest snapshot");
        }
        for (int run = 0; run < runs; run++)
        {
            // Everything derived is gone.
            foreach (string folder in new[] { "index", "tiles", "snapshots" })
            {
                string path = Path.Combine(data, folder);
                if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            }
            await AddAsync("from the first record");
        }
        return samples.Figures();

        async Task AddAsync(string name)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (double opened, double ready) = await MeasureAsync(enclave, data, cancellationToken);
            samples.Add(
                name, "s", ready, isHeadline: true,
                new Detail("store", "s", opened), new Detail("enclave", "s", ready - opened));
            progress(string.Create(CultureInfo.InvariantCulture, $"{name}: {ready:F2} s"));
        }
    }

    private static async Task BuildAsync(
        EnclaveProcess enclave, string data, CancellationToken cancellationToken)
    {
        (LogStore store, _) = LogStore.Open(data, new StoreOptions());
        await using EnclaveClient client = await ConnectAsync(enclave, cancellationToken);
        await using var keeper = SnapshotKeeper.Of(store, NullLogger.Instance);
        ulong size = (await AttachAsync(store, client, keeper, cancellationToken)).Size;
        size = await FillAsync(
            store, client, size, Records - RecordsAfterSnapshot, cancellationToken);
        BatchAnswer answer = await client.SnapshotAsync(size, size, cancellationToken);
        size = Commit(store, answer, [CommitFrame.NoPayload]);
        keeper.Show(store.View);
        (await keeper.OpenAsync(store.View))?.Dispose();
        await FillAsync(store, client, size, Records, cancellationToken);
        // As a crash leaves it: what came after the snapshot is in no index that was kept.
        store.Dispose();
    }

    private static async Task<ulong> FillAsync(
        LogStore store,
        EnclaveClient client,
        ulong size,
        int records,
        CancellationToken cancellationToken)
    {
        while (size < (ulong)records)
        {
            size = await AppendAsync(store, client, size, records, cancellationToken);
        }
        return size;
    }

    private static async Task<ulong> AppendAsync(
        LogStore store,
        EnclaveClient client,
        ulong size,
        int records,
        CancellationToken cancellationToken)
    {
        int count = Math.Min(BatchEntries, records - (int)size);
        var items = new PayloadItem[count];
        var request = new SequenceRequest(size, size);
        for (int i = 0; i < count; i++)
        {
            items[i] = Item(size + (ulong)i);
            request.BeginGroup(1);
            request.Add(items[i].Request.Span);
        }
        var offsets = new ulong[count];
        store.AppendPayloads(items, offsets);
        store.SyncPayloads();
        BatchAnswer answer = await client.SequenceAsync(request.Finish(), cancellationToken);
        return Commit(store, answer, offsets);
    }

    private static ulong Commit(LogStore store, BatchAnswer answer, ulong[] offsets)
    {
        if (answer.RecordCount != offsets.Length)
        {
            throw new PeerException("Not all requests were appended.");
        }
        store.AppendCommit(
            answer.StartSize, answer.Records.Span, offsets, answer.Checkpoint.Span);
        store.SyncLog();
        return store.Publish().Size;
    }

    // A stream in turn, and a key of its own.
    private static PayloadItem Item(ulong number)
    {
        byte[] payload = BitConverter.GetBytes(number);
        string stream = string.Create(
            CultureInfo.InvariantCulture, $"orders/{number:D9}");
        byte[] request = AppendRequest.Encode(
            Tenant,
            Derivation.Payload(payload),
            (uint)payload.Length,
            Derivation.Metadata(Metadata),
            Derivation.Idempotency(Tenant, 0, payload),
            [new CellOperation(
                OperationCode.Bump, CellKind.Stream, Encoding.UTF8.GetBytes(stream), 0)]);
        return new PayloadItem(request, Metadata, payload);
    }

    private static async Task<(double Opened, double Ready)> MeasureAsync(
        EnclaveProcess enclave, string data, CancellationToken cancellationToken)
    {
        enclave.Replace();
        long since = Stopwatch.GetTimestamp();
        (LogStore store, _) = LogStore.Open(data, new StoreOptions());
        using LogStore opened = store;
        double openedSeconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        await using EnclaveClient client = await ConnectAsync(enclave, cancellationToken);
        await using var keeper = SnapshotKeeper.Of(store, NullLogger.Instance);
        bool isFull = store.SnapshotFiles.List().Count == 0;
        ulong before = store.View.Size;
        LogHead head = await AttachAsync(
            store, client, isFull ? null : keeper, cancellationToken);
        if (head.Size != before + 1) throw new PeerException("No epoch was opened.");
        return (openedSeconds, Stopwatch.GetElapsedTime(since).TotalSeconds);
    }

    private static Task<LogHead> AttachAsync(
        LogStore store,
        EnclaveClient client,
        SnapshotKeeper? keeper,
        CancellationToken cancellationToken)
    {
        var attachment = new EnclaveAttachment(
            store, client, Configuration(), new Dictionary<Digest, ulong>(), keeper, _ => { });
        return attachment.RunAsync(cancellationToken);
    }

    private static async Task<EnclaveClient> ConnectAsync(
        EnclaveProcess enclave, CancellationToken cancellationToken)
    {
        if (!EnclaveEndpoint.TryParse(
            "unix:" + enclave.SocketPath, out EnclaveEndpoint? endpoint, out _))
        {
            throw new PeerException("The bench's own endpoint is refused.");
        }
        return new EnclaveClient(await EnclaveConnection.ConnectAsync(
            endpoint, new LinkTimes(Patience, Patience, Patience), cancellationToken));
    }

    private static LogConfiguration Configuration() =>
        LogConfiguration.TryCreate(
            "bench.example/log", Records, Records, out LogConfiguration? configuration)
            ? configuration
            : throw new PeerException("The bench's own configuration is refused.");
}
