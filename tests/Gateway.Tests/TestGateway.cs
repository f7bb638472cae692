using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.OpenApi;

namespace Sequencer.Gateway.Tests;

/// <summary>A whole gateway on a loopback port of its own, in a folder of its own.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");
    private WebApplication? _app;
    private volatile Exception? _openingFault;

    public static LogConfiguration Configuration { get; } = MakeConfiguration();

    public string SocketPath => Path.Combine(_folder.FullName, "link");

    public string DataDirectory => Path.Combine(_folder.FullName, "data");

    /// <summary>How long its files get.</summary>
    public StoreOptions StoreOptions { get; init; } = new();

    /// <summary>Where tests make the disk slow or fail.</summary>
    public GatedFiles? Files { get; private set; }

    public HttpClient Http { get; private set; } = new();

    public static async Task<TestGateway> StartAsync(
        Func<GatewaySettings, GatewaySettings>? adjust = null)
    {
        var gateway = new TestGateway();
        await gateway.StartAgainAsync(adjust);
        return gateway;
    }

    public async Task StartAgainAsync(Func<GatewaySettings, GatewaySettings>? adjust = null)
    {
        Assert.True(
            EnclaveEndpoint.TryParse("unix:" + SocketPath, out EnclaveEndpoint? endpoint, out _));
        var settings = new GatewaySettings
        {
            DataDirectory = DataDirectory,
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Enclave = endpoint,
            EnclaveTimes = new LinkTimes(Patience, Patience, Patience),
            Log = Configuration,
            EntryMaxBytes = 64 * 1024,
            BatchMaxBytes = 1024 * 1024,
            QueueMax = 1024,
            QueueMaxBytes = 16 * 1024 * 1024,
            DiskFreeMinBytes = 1000,
            SnapshotRecords = 0,
            ConnectionsMax = 4096,
        };
        settings = adjust?.Invoke(settings) ?? settings;
        Files = new GatedFiles(settings.DataDirectory);
        _app = GatewayHost.Build(
            settings,
            new DiskReserve(settings.DiskFreeMinBytes, () => Files.FreeBytes),
            () => _openingFault is { } fault
                ? throw fault
                : Recovery.Open(Files, settings.DataDirectory, StoreOptions));
        await _app.StartAsync();
        Http = new HttpClient(new DocumentedAnswers())
        {
            BaseAddress = new Uri(_app.Urls.First()),
            Timeout = Patience,
        };
    }

    /// <summary>Where the gateway serves.</summary>
    public IPEndPoint EndPoint => new(IPAddress.Loopback, Http.BaseAddress!.Port);

    /// <summary>Waits until the bodies without an answer take up so many bytes.</summary>
    public async Task WaitForBodiesAsync(long bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        ByteBudget budget = _app!.Services.GetRequiredService<ByteBudget>();
        while (budget.Taken != bytes) await Task.Delay(5, patience.Token);
    }

    /// <summary>Waits until the gateway has made so many connections to its enclaves.</summary>
    public async Task WaitForConnectionsAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        string all;
        do
        {
            await Task.Delay(5, patience.Token);
            all = await Http.GetStringAsync("/metrics", patience.Token);
        }
        while (!all.Split('\n').Any(line =>
            line.StartsWith("sequencer_enclave_connections_total ", StringComparison.Ordinal)
            && int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture) >= count));
    }

    /// <summary>The store does not open any more.</summary>
    public void FailNextOpening(Exception fault) => _openingFault = fault;

    /// <summary>Gives what the gateway logs from now on to a test too.</summary>
    public void LogTo(ILoggerProvider log) =>
        _app!.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);

    /// <summary>What it is made of.</summary>
    public IServiceProvider Services => _app!.Services;

    /// <summary>What SIGUSR2 asks for.</summary>
    public void Seal() => _app!.Services.GetRequiredService<Pipeline>().RequestSeal();

    /// <summary>Waits until the gateway ends of itself, and tells whether it calls that a failure.
    /// </summary>
    public async Task<bool> WaitForFailureAsync()
    {
        await _app!.WaitForShutdownAsync().WaitAsync(Patience);
        return _app!.Services.GetRequiredService<PipelineHost>().HasFailed;
    }

    public async Task StopAsync()
    {
        Http.Dispose();
        if (_app is not null)
        {
            // Disposal alone does not wait for the pipeline to let go of the directory.
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
        _app = null;
    }

    /// <summary>Ends the gateway, leaving the client to read what is on its way.</summary>
    public async Task StopServingAsync()
    {
        if (_app is not null) await _app.StopAsync();
    }

    /// <summary>Asks until the gateway says what is wanted.</summary>
    public async Task WaitForReadinessAsync(HttpStatusCode status = HttpStatusCode.OK)
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((await Http.GetAsync("/readyz", patience.Token)).StatusCode != status)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    public async Task<HttpResponseMessage> PostAsync(
        string path, string body, string contentType = "text/plain", params (string, string)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body));
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        return await Http.SendAsync(request);
    }

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await ReadJsonAsync(response);
    }

    public static async Task<JsonElement> ReadJsonAsync(HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(
            await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    /// <summary>What a caller of this log pins.</summary>
    /// <param name="witnesses">The witnesses that the caller believes; null for none.</param>
    public async Task<TrustPolicy> PolicyAsync(WitnessPolicy? witnesses = null)
    {
        JsonElement epochs = await GetJsonAsync("/v1/epochs");
        byte[] genesis = epochs.GetProperty("epochs")[0].GetProperty("statement").GetBytesFromBase64();
        Assert.True(EpochStatement.TryParse(genesis, out EpochStatement? statement));
        return new TrustPolicy(
            Derivation.LogId(genesis),
            statement.Fields.Configuration,
            [new AcceptedMeasurement(TestEnclave.Measured)],
            [TrustedRoot.InsecureDevelopmentRoot(TestEnclave.Root.Der)],
            witnesses);
    }

    public async Task AssertReceiptVerifiesAsync(ulong number, byte[] payload)
    {
        byte[] receipt = await Http.GetByteArrayAsync($"/v1/entries/{number}/receipt");
        var report = new LogVerifier(await PolicyAsync()).VerifyReceipt(
            receipt, PayloadClaim.Of(payload));
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
    }

    /// <summary>Audits the data directory from the outside, beside the running gateway.</summary>
    public async Task<AuditReport> AuditAsync()
    {
        var source = new DirectoryAuditSource(DataDirectory);
        AuditReport report = await new LogAuditor(await PolicyAsync()).AuditAsync(source);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        Files?.Open();
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    private static LogConfiguration MakeConfiguration()
    {
        Assert.True(
            LogConfiguration.TryCreate("test.example/log", 4, 1000, out LogConfiguration? made));
        return made;
    }
}
