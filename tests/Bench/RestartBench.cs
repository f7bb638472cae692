using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Snapshots;
using Sequencer.Gateway.Store;

namespace Sequencer.Bench;

/// <summary>
/// What a restart costs after a crash of gateway and enclave: a log with as many streams and keys
/// as its caps allow, on the disk of TMPDIR, opened and handed to a new simulated enclave in its own
/// process; from the newest snapshot, and from the genesis with nothing but the log itself.
/// </summary>
internal static class RestartBench
{
    private const int BatchEntries = 8000;
    private const ulong SnapshotRecords = 1_000_000;
    private const uint CapsMax = 1_000_000;

    private static readonly Digest Tenant = Derivation.Tenant("default"u8);
    private static readonly byte[] Metadata = [1, 0, 0, 0, 0];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(int records)
    {
        using var enclave = new EnclaveProcess();
        string data = Path.Combine(enclave.Folder, "data");
        long since = Stopwatch.GetTimestamp();
        ulong size = await BuildAsync(enclave, data, records);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{size:N0} records, {Math.Min(CapsMax, records):N0} streams and keys, "
            + $"{Megabytes(data):N0} MB, built in {Seconds(since):F1} s"));
        await MeasureAsync("from the newest snapshot", enclave, data);

        // Everything derived is gone: what the restart costs without snapshots.
        foreach (string folder in new[] { "index", "tiles", "snapshots" })
        {
            Directory.Delete(Path.Combine(data, folder), recursive: true);
        }
        await MeasureAsync("from the genesis", enclave, data);
    }

    private static async Task<ulong> BuildAsync(EnclaveProcess enclave, string data, int records)
    {
        (LogStore store, _) = LogStore.Open(data, new StoreOptions());
        await using EnclaveClient client = await ConnectAsync(enclave);
        await using var keeper = SnapshotKeeper.Of(store, NullLogger.Instance);
        LogHead head = await AttachAsync(store, client, keeper);
        ulong size = head.Size;
        ulong snapshot = 0;
        while (size < (ulong)records)
        {
            size = await AppendAsync(store, client, size, records);
            if (size - snapshot < SnapshotRecords) continue;
            snapshot = size;
            BatchAnswer answer =
                await client.SnapshotAsync(size, size, CancellationToken.None);
            size = Commit(store, answer, [CommitFrame.NoPayload]);
            keeper.Show(store.View);
            (await keeper.OpenAsync(store.View))?.Dispose();
        }
        // As a crash leaves it: what came after the last snapshot is in no index that was kept.
        store.Dispose();
        return size;
    }

    private static async Task<ulong> AppendAsync(
        LogStore store, EnclaveClient client, ulong size, int records)
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
        BatchAnswer answer = await client.SequenceAsync(request.Finish(), CancellationToken.None);
        return Commit(store, answer, offsets);
    }

    private static ulong Commit(LogStore store, BatchAnswer answer, ulong[] offsets)
    {
        if (answer.RecordCount != offsets.Length)
        {
            throw new InvalidOperationException("Not all requests were appended.");
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
            CultureInfo.InvariantCulture, $"orders/{number % CapsMax:D9}");
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

    private static async Task MeasureAsync(string name, EnclaveProcess enclave, string data)
    {
        enclave.Replace();
        long since = Stopwatch.GetTimestamp();
        TimeSpan busy = Environment.CpuUsage.TotalTime;
        (LogStore store, _) = LogStore.Open(data, new StoreOptions());
        double opened = Seconds(since);
        await using EnclaveClient client = await ConnectAsync(enclave);
        await using var keeper = SnapshotKeeper.Of(store, NullLogger.Instance);
        bool isFull = store.SnapshotFiles.List().Count == 0;
        ulong before = store.View.Size;
        LogHead head = await AttachAsync(store, client, isFull ? null : keeper);
        if (head.Size != before + 1) throw new InvalidOperationException("No epoch was opened.");
        double ready = Seconds(since);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-26}store {opened,6:F1} s, enclave {ready - opened,6:F1} s, "
            + $"ready after {ready,6:F1} s; processor time: gateway "
            + $"{(Environment.CpuUsage.TotalTime - busy).TotalSeconds,6:F1} s, enclave "
            + $"{enclave.ProcessorTime.TotalSeconds,6:F1} s"));
        store.Dispose();
    }

    private static Task<LogHead> AttachAsync(
        LogStore store, EnclaveClient client, SnapshotKeeper? keeper)
    {
        var attachment = new EnclaveAttachment(
            store, client, Configuration(), new Dictionary<Digest, ulong>(), keeper, _ => { });
        return attachment.RunAsync(CancellationToken.None);
    }

    private static async Task<EnclaveClient> ConnectAsync(EnclaveProcess enclave)
    {
        if (!EnclaveEndpoint.TryParse(
            "unix:" + enclave.SocketPath, out EnclaveEndpoint? endpoint, out _))
        {
            throw new InvalidOperationException("The bench's own endpoint is refused.");
        }
        return new EnclaveClient(await EnclaveConnection.ConnectAsync(
            endpoint, new LinkTimes(Patience, Patience, Patience), CancellationToken.None));
    }

    private static LogConfiguration Configuration() =>
        LogConfiguration.TryCreate(
            "bench.example/log", CapsMax, CapsMax, out LogConfiguration? configuration)
            ? configuration
            : throw new InvalidOperationException("The bench's own configuration is refused.");

    private static double Seconds(long since) => Stopwatch.GetElapsedTime(since).TotalSeconds;

    private static double Megabytes(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => file.Length) / 1e6;
}
