using System.Net;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Tests;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>
/// A log with witnesses: real gateway, enclave program and witnesses, each in this process.
/// </summary>
internal sealed class WitnessedLogFixture : IAsyncDisposable
{
    public const uint NumbersMax = 8192;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly List<IAsyncDisposable> _owned = [];
    private LogConfiguration _configuration = null!;
    private WitnessPolicy _policy = null!;

    public IReadOnlyList<WatchingWitness> Witnesses { get; private set; } = [];

    public TestGateway Gateway { get; private set; } = null!;

    public TestEnclave Enclave { get; private set; } = null!;

    /// <summary>What witnesses and callers trust.</summary>
    public TrustPolicy Policy { get; private set; } = null!;

    /// <summary>A log that has opened its first epoch behind all its witnesses.</summary>
    public static async Task<WitnessedLogFixture> StartAsync(
        int count, int threshold, uint secondsMax = 600)
    {
        WitnessedLogFixture log = await BeginAsync(count, threshold, secondsMax);
        foreach (WatchingWitness witness in log.Witnesses) await witness.WatchAsync(log.Policy);
        await WaitForReadinessAsync(log.Gateway);
        return log;
    }

    /// <summary>A log whose genesis statement is durable, and which nobody watches yet.</summary>
    public static async Task<WitnessedLogFixture> BeginAsync(
        int count, int threshold, uint secondsMax = 600)
    {
        var log = new WitnessedLogFixture();
        var witnesses = new List<WatchingWitness>();
        for (int i = 0; i < count; i++)
        {
            witnesses.Add(await WatchingWitness.MakeAsync($"w{i}"));
        }
        log._owned.AddRange(witnesses);
        log.Witnesses = witnesses;
        log._policy = log.PolicyOf(threshold);
        Assert.True(WitnessRequirement.TryCreate(
            log._policy, NumbersMax, secondsMax, out WitnessRequirement? required));
        Assert.True(LogConfiguration.TryCreate(
            "test.example/log", 100, 1000, required, out LogConfiguration? configuration));
        log._configuration = configuration;
        log.Gateway = await TestGateway.StartAsync(log.Adjust);
        log._owned.Insert(0, log.Gateway);
        log.Enclave = log.StartEnclave(log.Gateway);
        await WaitForSizeAsync(log.Gateway, 1);
        log.Policy = await log.Gateway.PolicyAsync();
        return log;
    }

    /// <summary>The settings of a gateway of this log.</summary>
    public GatewaySettings Adjust(GatewaySettings settings) => settings with
    {
        Log = _configuration,
        Witnesses = new WitnessSettings(_policy.Witnesses, TimeSpan.FromSeconds(10), Interval),
    };

    public TestEnclave StartEnclave(TestGateway gateway)
    {
        var enclave = new TestEnclave(gateway.SocketPath);
        _owned.Insert(0, enclave);
        return enclave;
    }

    /// <summary>Ends the enclave, with its keys, and starts another.</summary>
    public async Task RestartEnclaveAsync()
    {
        await Enclave.DisposeAsync();
        _owned.Remove(Enclave);
        Enclave = StartEnclave(Gateway);
    }

    /// <summary>A gateway on a copy of the data directory; not started.</summary>
    public TestGateway Clone(TestGateway? gateway = null)
    {
        var clone = new TestGateway();
        CopyDirectory((gateway ?? Gateway).DataDirectory, clone.DataDirectory);
        _owned.Insert(0, clone);
        return clone;
    }

    public static void CopyDirectory(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            // Held by the gateway that runs there, and no part of the log.
            if (Path.GetFileName(file) == "lock") continue;
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    public async Task<JsonElement> AppendAsync(
        string payload, string level = "witnessed", TestGateway? gateway = null)
    {
        using HttpResponseMessage answer = await (gateway ?? Gateway).PostAsync(
            $"/v1/entries?ack={level}", payload);
        JsonElement json = await TestGateway.ReadJsonAsync(answer);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, json.ToString());
        return json;
    }

    /// <summary>A receipt as its caller judges it, under a policy that asks for the quorum.</summary>
    public VerificationReport<VerifiedEntry> Verify(JsonElement answer)
    {
        string receipt = answer.GetProperty("receipt").GetRawText() + "\n";
        return new LogVerifier(Policy).VerifyReceipt(Encoding.UTF8.GetBytes(receipt));
    }

    /// <summary>Waits until entries are taken; says why not if that never comes.</summary>
    public static async Task WaitForReadinessAsync(TestGateway gateway)
    {
        string last = "";
        long since = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(30))
        {
            using HttpResponseMessage answer = await gateway.Http.GetAsync("/readyz");
            if (answer.IsSuccessStatusCode) return;
            last = await answer.Content.ReadAsStringAsync();
            await Task.Delay(5);
        }
        Assert.Fail(last);
    }

    public static async Task WaitForSizeAsync(TestGateway gateway, ulong size)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using HttpResponseMessage answer =
                await gateway.Http.GetAsync("/v1/checkpoint?head=durable", patience.Token);
            string text = await answer.Content.ReadAsStringAsync(patience.Token);
            if (answer.IsSuccessStatusCode && SizeOf(text) >= size) return;
            await Task.Delay(5, patience.Token);
        }
    }

    public static ulong SizeOf(string checkpoint) => ulong.Parse(
        checkpoint.Split('\n')[1], System.Globalization.CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable one in _owned) await one.DisposeAsync();
    }

    private WitnessPolicy PolicyOf(int threshold)
    {
        string text = string.Concat(Witnesses.Select(w => w.Line))
            + $"group g {threshold} {string.Join(' ', Witnesses.Select(w => w.Name))}\nquorum g\n";
        Assert.True(WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out var fault), $"{fault}");
        return policy;
    }
}
