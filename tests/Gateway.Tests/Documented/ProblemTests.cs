using Sequencer.Gateway.Http;
using Sequencer.Gateway.Tests.Access;
using Sequencer.Gateway.Tests.Link;
using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Documented;

/// <summary>Provokes every problem of docs/PROBLEMS.md on a real gateway.</summary>
public sealed class ProblemTests
{
    private const string Json = "application/json";
    private const string Nonce = "00112233445566778899aabbccddeeff";

    private static readonly Dictionary<string, Func<Stage, Task<HttpResponseMessage>>> Acts = new()
    {
        ["invalid-request"] = async stage =>
            await (await stage.StartAsync()).PostAsync("/v1/entries?receipt=half", "x"),
        ["invalid-json"] = async stage =>
            await (await stage.StartAsync()).PostAsync("/v1/entries", """{"payload":""", Json),
        ["unknown-field"] = async stage =>
            await (await stage.StartAsync()).PostAsync("/v1/entries", """{"data":"x"}""", Json),
        ["unauthorized"] = async stage =>
            await stage.Own(await GuardedGateway.StartAsync()).GetAsync("/v1/entries", null),
        ["forbidden"] = async stage => await stage.Own(await GuardedGateway.StartAsync())
            .PostAsync("/v1/entries", GuardedGateway.AliceReads, "x"),
        ["not-found"] = async stage =>
            await (await stage.StartWithEntryAsync()).Http.GetAsync("/v1/entries/7"),
        ["method-not-allowed"] = async stage =>
            await (await stage.StartAsync()).Http.DeleteAsync("/v1/entries"),
        ["erased"] = EraseAsync,
        ["version-mismatch"] = async stage => await (await stage.StartWithEntryAsync())
            .PostAsync("/v1/entries?stream=orders", "x", headers: ("Expected-Version", "3")),
        ["payload-too-large"] = async stage => await (await stage.StartAsync(
            settings => settings with { EntryMaxBytes = 1 << 20 })).PostAsync(
            "/v1/entries", new string('x', (1 << 20) + 1)),
        ["unsupported-media-type"] = async stage =>
            await (await stage.StartAsync()).PostAsync("/v1/entries:batch", "x"),
        ["idempotency-conflict"] = async stage => await (await stage.StartWithEntryAsync())
            .PostAsync("/v1/entries", "another", headers: ("Idempotency-Key", "order-7")),
        ["no-witness-policy"] = async stage =>
            await (await stage.StartAsync()).PostAsync("/v1/entries?ack=witnessed", "x"),
        ["overloaded"] = async stage => await (await stage.StartAsync(
            settings => settings with { QueueMaxBytes = 100 })).PostAsync(
            "/v1/entries", new string('x', 101)),
        ["rate-limited"] = LimitAsync,
        ["cells-full"] = FillCellsAsync,
        ["streams-full"] = FillStreamsAsync,
        ["disk-full"] = async stage =>
        {
            TestGateway gateway = await stage.StartAsync();
            gateway.Files!.FreeBytes = 1010;
            return await gateway.PostAsync("/v1/entries", new string('x', 100));
        },
        ["enclave-unavailable"] = async stage =>
            await (await stage.OpenAsync()).PostAsync("/v1/entries", "x"),
        ["enclave-stopped"] = StopEnclaveAsync,
        ["epoch-sealed"] = async stage =>
        {
            TestGateway gateway = await stage.StartAsync();
            gateway.Seal();
            await Stage.WaitUntilNotReadyAsync(gateway, "epoch-sealed");
            return await gateway.PostAsync("/v1/entries", "x");
        },
        ["enclave-mismatch"] = async stage =>
        {
            TestGateway gateway = await stage.StartWithEntryAsync();
            await gateway.StopAsync();
            Directory.Delete(gateway.DataDirectory, recursive: true);
            await gateway.StartAgainAsync();
            await Stage.WaitUntilNotReadyAsync(gateway, "enclave-mismatch");
            return await gateway.PostAsync("/v1/entries", "x");
        },
        ["store-failed"] = async stage =>
        {
            TestGateway gateway = await stage.StartAsync();
            gateway.Files!.FailNextSync("log");
            return await gateway.PostAsync("/v1/entries", "x");
        },
        ["shutting-down"] = ShutDownAsync,
        ["internal"] = async stage =>
        {
            TestGateway gateway = await stage.OpenAsync();
            TestEnclave enclave = stage.Own(new TestEnclave(gateway.SocketPath));
            await gateway.WaitForReadinessAsync();
            enclave.GarbleDevice();
            return await gateway.Http.GetAsync($"/v1/attestation?nonce={Nonce}");
        },
    };

    public static TheoryData<string> Names() => [.. Acts.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_problem_is_answered_as_its_page_shows_it(string name)
    {
        await using var stage = new Stage();
        using HttpResponseMessage answer = await Acts[name](stage);
        await DocumentedProblems.AssertIsAsync(name, answer);
    }

    [Fact]
    public void Every_problem_is_on_the_page_and_every_body_of_the_page_is_provoked()
    {
        IEnumerable<string> kinds = Enum.GetValues<ProblemKind>()
            .Select(kind => new Problem(kind, "").Meaning.Name);
        Assert.Equal(kinds.Order(), DocumentedProblems.All.Keys.Order());
        Assert.Equal(kinds.Order(), Acts.Keys.Concat(DocumentedProblems.OfWitnesses).Order());
        // A section that has another form would be none of them.
        Assert.Equal(
            DocumentedProblems.All.Count,
            DocumentedProblems.Text.Split('\n').Count(
                line => line.StartsWith("{\"type\"", StringComparison.Ordinal)));
    }

    private static async Task<HttpResponseMessage> EraseAsync(Stage stage)
    {
        TestGateway gateway = await stage.StartWithEntryAsync();
        (await gateway.Http.DeleteAsync("/v1/entries/1/payload")).Dispose();
        return await gateway.Http.GetAsync("/v1/entries/1/payload");
    }

    private static async Task<HttpResponseMessage> LimitAsync(Stage stage)
    {
        GuardedGateway guarded = stage.Own(await GuardedGateway.StartAsync(
            adjust: access => access with { Limits = new TenantLimits(1, 0) }));
        await guarded.AppendAsync(GuardedGateway.Alice, "x");
        return await guarded.PostAsync("/v1/entries", GuardedGateway.Alice, "x");
    }

    private static async Task<HttpResponseMessage> FillCellsAsync(Stage stage)
    {
        TestGateway gateway = await stage.StartAsync();
        for (int i = 0; i < TestGateway.Configuration.CellsMax; i++)
        {
            (await gateway.PostAsync($"/v1/entries?stream=s{i}", "x")).Dispose();
        }
        return await gateway.PostAsync("/v1/entries?stream=orders", "x");
    }

    private static async Task<HttpResponseMessage> FillStreamsAsync(Stage stage)
    {
        GuardedGateway guarded = stage.Own(await GuardedGateway.StartAsync(
            GuardedGateway.Keys + "[tenant.alice]\nstreams-max = 1\n"));
        await guarded.AppendAsync(GuardedGateway.Alice, "x", "?stream=orders");
        return await guarded.PostAsync("/v1/entries?stream=prices", GuardedGateway.Alice, "x");
    }

    private static async Task<HttpResponseMessage> StopEnclaveAsync(Stage stage)
    {
        TestGateway gateway = await stage.OpenAsync();
        stage.Own(new ScriptedPeer(
            gateway.SocketPath,
            (type, id) => ScriptedPeer.Frame((byte)(type | 0x80), id, [3, .. new byte[52]])));
        await Stage.WaitUntilNotReadyAsync(gateway, "enclave-stopped");
        return await gateway.PostAsync("/v1/entries", "x");
    }

    private static async Task<HttpResponseMessage> ShutDownAsync(Stage stage)
    {
        TestGateway gateway = await stage.StartAsync();
        // What is being finished keeps the gateway until the test has looked.
        gateway.Files!.Close("log");
        Task<HttpResponseMessage> last = gateway.PostAsync("/v1/entries", "last");
        await gateway.Files.WaitUntilHeldAsync();
        Task stopping = gateway.StopServingAsync();
        await Stage.WaitUntilNotReadyAsync(gateway, "shutting-down");
        HttpResponseMessage answer = await gateway.Http.GetAsync("/readyz");
        gateway.Files.Open();
        (await last).Dispose();
        await stopping;
        return answer;
    }
}
