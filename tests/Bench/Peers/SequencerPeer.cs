using Sequencer.Attestation.Nitro;
using Sequencer.Bench.Load;
using Sequencer.Client;

namespace Sequencer.Bench.Peers;

/// <summary>The gateway with a simulated enclave, each a process of its own.</summary>
internal sealed class SequencerPeer(AnswerSizes sizes) : IPeer
{
    /// <summary>Its name for people.</summary>
    public const string SystemName = "Sequencer";

    /// <summary>Where entries go one by one, answered without the receipt.</summary>
    public const string WithoutReceipt = "/v1/entries?receipt=none";

    /// <summary>Where entries go one by one, answered with the receipt.</summary>
    public const string WithReceipt = "/v1/entries?receipt=full";

    /// <summary>Where batches go.</summary>
    public const string Batch = "/v1/entries:batch";

    public string Id => "sequencer";

    public string Name => SystemName;

    public Guarantees Guarantees => new(true, true, true, true);

    public string Promise => "record and signed head are synced (ack=durable)";

    public IReadOnlyList<PeerLoad> Loads =>
    [
        new(PeerLoad.Single, 1, Path: WithoutReceipt),
        new(PeerLoad.Single, 64, Path: WithoutReceipt),
        new("one entry, answered with its receipt", 64, Path: WithReceipt),
        new(PeerLoad.Single, 1024, Path: WithoutReceipt),
        new("batches of 100", 1, 100, Batch),
        new("batches of 100", 16, 100, Batch),
        new("batches of 1,000", 1, 1000, Batch),
        new("batches of 1,000", 8, 1000, Batch),
    ];

    public async Task<RunningPeer> StartAsync(Site site, CancellationToken cancellationToken)
    {
        string socket = site.Path("link");
        string root = site.Path("nsm");
        ServerProcess enclave = site.Start(
            Built("Sequencer.Enclave.Simulated"),
            ["--socket", socket, "--root-directory", root, "--exit-when-idle", "30"]);
        await enclave.UntilAsync(() => Task.FromResult(File.Exists(socket)), cancellationToken);
        Uri url = site.Url("http");
        ServerProcess gateway = site.Start(
            Built("Sequencer.Gateway"),
            [
                "--listen", url.ToString().TrimEnd('/'),
                "--data", site.Path("data"),
                "--enclave", "unix:" + socket,
            ]);
        HttpClient http = site.Keep(
            new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(20) });
        var unverified = SequencerClient.WithoutVerification(http);
        await gateway.UntilAsync(
            () => IsReadyAsync(unverified, cancellationToken), cancellationToken);

        byte[] certificate = await File.ReadAllBytesAsync(
            Path.Combine(root, "development-root.der"), cancellationToken);
        PolicyDraft draft = await FirstContact.DraftPolicyAsync(
            unverified, TrustedRoot.InsecureDevelopmentRoot(certificate),
            cancellationToken: cancellationToken);
        if (draft.Policy is not { } policy || draft.Faults.Count > 0)
        {
            throw new PeerException($"The log is refused: {string.Join(' ', draft.Faults)}");
        }
        sizes.WithoutReceipt = await AnswerBytesAsync(http, WithoutReceipt, cancellationToken);
        sizes.WithReceipt = await AnswerBytesAsync(http, WithReceipt, cancellationToken);
        var receipts = new ReceiptSampler(new SequencerClient(http, policy));
        return new RunningPeer(url, Version(), receipts.CountAsync, receipts);
    }

    private static async Task<bool> IsReadyAsync(
        SequencerClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.IsReadyAsync(cancellationToken);
        }
        catch (SequencerException)
        {
            return false;
        }
    }

    private static async Task<int> AnswerBytesAsync(
        HttpClient http, string path, CancellationToken cancellationToken)
    {
        using var entry = new ByteArrayContent(new byte[CallBytes.EntryBytes]);
        entry.Headers.ContentType = new("application/octet-stream");
        using HttpResponseMessage answer = await http.PostAsync(path, entry, cancellationToken);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        return answer.IsSuccessStatusCode
            ? body.Length
            : throw new PeerException($"An entry is refused with {(int)answer.StatusCode}.");
    }

    private static string Built(string program) => Path.Combine(AppContext.BaseDirectory, program);

    private static string Version() =>
        typeof(SequencerClient).Assembly.GetName().Version!.ToString(fieldCount: 3);
}
