using System.Net;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Auditing;
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
        log._policy = PolicyOf(threshold, witnesses);
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
        await StopEnclaveAsync();
        Enclave = StartEnclave(Gateway);
    }

    /// <summary>Ends the enclave, with its keys.</summary>
    public Task StopEnclaveAsync() => EndAsync(Enclave);

    /// <summary>Ends an enclave, with its keys.</summary>
    public async Task EndAsync(TestEnclave enclave)
    {
        await enclave.DisposeAsync();
        _owned.Remove(enclave);
    }

    /// <summary>Waits until no request comes to a witness any more; how many came in all.</summary>
    public async Task<int> QuiesceAsync()
    {
        int before;
        int asked = -1;
        do
        {
            before = asked;
            await Task.Delay(5 * Interval);
            asked = Witnesses.Sum(witness => witness.Asked);
        }
        while (asked != before);
        return asked;
    }

    /// <summary>Settings that ask for fewer witnesses than the log was made with.</summary>
    public GatewaySettings AdjustWeaker(GatewaySettings settings, int threshold)
    {
        WitnessPolicy weaker = PolicyOf(threshold, Witnesses.Take(1));
        Assert.True(WitnessRequirement.TryCreate(
            weaker, NumbersMax, 600, out WitnessRequirement? required));
        Assert.True(LogConfiguration.TryCreate(
            "test.example/log", 100, 1000, required, out LogConfiguration? configuration));
        return Adjust(settings) with { Log = configuration };
    }

    /// <summary>A gateway without a log; not started.</summary>
    public TestGateway Empty()
    {
        var gateway = new TestGateway();
        _owned.Insert(0, gateway);
        return gateway;
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

    /// <summary>Says for each witness whether it can be reached; those not named stay.</summary>
    public void Reach(Reach reach, params int[] witnesses)
    {
        foreach (int i in witnesses.Length > 0 ? witnesses : [.. Enumerable.Range(0, Witnesses.Count)])
        {
            Witnesses[i].Reach = reach;
        }
    }

    /// <summary>Opens the next epoch on a copy of the data directory, with another enclave.</summary>
    public async Task<TestGateway> StartCloneAsync(TestGateway clone)
    {
        await clone.StartAgainAsync(Adjust);
        StartEnclave(clone);
        return clone;
    }

    /// <summary>What an auditor finds in a log who holds these receipts.</summary>
    public Task<AuditReport> AuditAsync(TestGateway gateway, params JsonElement[] held) =>
        AuditAsync(new DirectoryAuditSource(gateway.DataDirectory), held);

    /// <inheritdoc cref="AuditAsync(TestGateway, JsonElement[])"/>
    public async Task<AuditReport> AuditAsync(IAuditSource source, params JsonElement[] held)
    {
        var heads = new List<AttestedHead>();
        foreach (JsonElement answer in held)
        {
            var report = new LogVerifier(Policy).VerifyAttestedHead(ReceiptOf(answer).AsSpan());
            Assert.True(report.TryGet(out AttestedHead? head), string.Join("; ", report.Faults));
            heads.Add(head);
        }
        return await new LogAuditor(Policy, heads).AuditAsync(source);
    }

    /// <summary>A receipt as its caller judges it, under a policy that asks for the quorum.</summary>
    public VerificationReport<VerifiedEntry> Verify(JsonElement answer) =>
        new LogVerifier(Policy).VerifyReceipt(ReceiptOf(answer));

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

    /// <summary>Waits until the gateway refuses entries for this reason.</summary>
    public static async Task<string> WaitForProblemAsync(TestGateway gateway, string name)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using HttpResponseMessage answer =
                await gateway.Http.GetAsync("/readyz", patience.Token);
            string text = await answer.Content.ReadAsStringAsync(patience.Token);
            if (text.Contains($"problem:{name}\"", StringComparison.Ordinal)) return text;
            await Task.Delay(5, patience.Token);
        }
    }

    /// <summary>Waits until the gateway has shown its witnesses' lines under a head of this size.
    /// </summary>
    public static async Task WaitForCosignedAsync(TestGateway gateway, ulong size)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (SizeOf(await gateway.Http.GetStringAsync("/checkpoint", patience.Token)) < size)
        {
            await Task.Delay(5, patience.Token);
        }
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

    private static byte[] ReceiptOf(JsonElement answer) =>
        Encoding.UTF8.GetBytes(answer.GetProperty("receipt").GetRawText() + "\n");

    private static WitnessPolicy PolicyOf(int threshold, IEnumerable<WatchingWitness> witnesses)
    {
        string text = string.Concat(witnesses.Select(w => w.Line))
            + $"group g {threshold} {string.Join(' ', witnesses.Select(w => w.Name))}\nquorum g\n";
        Assert.True(WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out var fault), $"{fault}");
        return policy;
    }
}
