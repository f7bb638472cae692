using System.Security.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Cli.Doctor;

namespace Sequencer.Cli.Tests.Doctor;

public sealed class GatewayFindingTests : IDisposable
{
    private readonly DoctorGateway _gateway = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("doctor-").FullName;

    private string State => Path.Combine(_folder, "seen", "log");

    public void Dispose()
    {
        _gateway.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Where_all_is_well_only_the_development_root_is_a_warning()
    {
        IReadOnlyList<Finding> all = await _gateway.ExamineAsync(s => s with { StateFile = State });
        Assert.Equal(
            ["root"], all.Where(f => f.Level != FindingLevel.Good).Select(f => f.Check));
        Assert.Equal(
            [
                "reachable", "clock", "ready", "rollback", "root", "attestation", "enclave-clock",
                "receipt", "version", "disk",
            ],
            all.Select(f => f.Check));
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_is_the_only_finding()
    {
        _gateway.Instead["down"] = default;
        Finding only = Assert.Single(await _gateway.ExamineAsync());
        Is(FindingLevel.Problem, "reachable", "Connection refused", [only]);
    }

    [Theory]
    [InlineData(0, FindingLevel.Good)]
    [InlineData(5, FindingLevel.Good)]
    [InlineData(-30, FindingLevel.Warning)]
    [InlineData(30, FindingLevel.Warning)]
    [InlineData(-500, FindingLevel.Problem)]
    public async Task The_clocks_are_compared(int seconds, FindingLevel level)
    {
        _gateway.Date += TimeSpan.FromSeconds(seconds);
        Is(level, "clock", "clock", await _gateway.ExamineAsync());
    }

    [Theory]
    [InlineData(503, "enclave-unavailable", "listens where")]
    [InlineData(503, "enclave-mismatch", "image")]
    [InlineData(507, "disk-full", "Make room")]
    [InlineData(503, "witness-conflict", "Delete nothing")]
    public async Task What_readiness_says_comes_with_advice(int status, string name, string advice)
    {
        _gateway.Instead["/readyz"] =
            (status, $$"""{"type":"urn:sequencer:problem:{{name}}","detail":"so it is"}""");
        Finding found = Is(
            FindingLevel.Problem, "ready", $"{name}: so it is", await _gateway.ExamineAsync());
        Assert.Contains(advice, found.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_no_problem_is_told_by_its_status()
    {
        _gateway.Instead["/readyz"] = (502, "<html>");
        Is(FindingLevel.Problem, "ready", "status 502", await _gateway.ExamineAsync());
    }

    [Fact]
    public async Task A_document_for_another_nonce_is_a_problem_with_and_without_a_policy()
    {
        _gateway.Document = _ => _gateway.Log.LiveDocument(SHA256.HashData("old"u8));
        Is(FindingLevel.Problem, "attestation", "does not verify", await _gateway.ExamineAsync());
        IReadOnlyList<Finding> without = await _gateway.ExamineAsync(s => s with { Policy = null });
        Is(FindingLevel.NotChecked, "attestation", "--policy", without);
        Is(FindingLevel.Problem, "attestation-form", "not for the nonce", without);
    }

    [Fact]
    public async Task An_enclave_in_debug_mode_is_named_as_such()
    {
        _gateway.Document = nonce => _gateway.Log.LiveDocument(
            nonce,
            document =>
            {
                for (int i = 0; i < document.Pcrs.Count; i++) document.Pcrs[i] = ((ulong)i, new byte[48]);
            });
        Finding found = Is(
            FindingLevel.Problem, "attestation", "does not verify", await _gateway.ExamineAsync());
        Assert.Contains("debug mode", found.Advice, StringComparison.Ordinal);
        Is(
            FindingLevel.Problem, "attestation-form", "All PCRs are zero",
            await _gateway.ExamineAsync(s => s with { Policy = null }));
    }

    [Fact]
    public async Task Another_image_than_the_policys_is_a_problem()
    {
        var other = new MeasurementSet("other", Pcr(1), Pcr(2), Pcr(3));
        TrustPolicy right = _gateway.Log.Policy;
        var policy = new TrustPolicy(
            right.LogId, right.Configuration, [new AcceptedMeasurement(other)], [.. right.Roots]);
        IReadOnlyList<Finding> all = await _gateway.ExamineAsync(s => s with
        {
            Policy = (_, _) => Task.FromResult(policy),
        });
        Finding found = Is(FindingLevel.Problem, "attestation", "does not verify", all);
        Assert.Contains("PCR0", found.Advice, StringComparison.Ordinal);
        Is(FindingLevel.Problem, "receipt", "", all);

        static byte[] Pcr(byte value) => [.. Enumerable.Repeat(value, 48)];
    }

    [Fact]
    public async Task An_enclaves_clock_that_is_far_off_is_a_problem()
    {
        _gateway.Now += TimeSpan.FromSeconds(200);
        _gateway.Date = _gateway.Now;
        IReadOnlyList<Finding> all = await _gateway.ExamineAsync();
        Assert.Contains(
            all, f => f.Check is "enclave-clock" or "attestation" && f.Level == FindingLevel.Problem);
    }

    [Fact]
    public async Task A_head_that_was_seen_must_be_extended()
    {
        await Seen();
        for (int i = 0; i < 5; i++) _gateway.Log.Append();
        Is(FindingLevel.Good, "rollback", "head of 9 extends the one of 4", await Seen());
        string kept = await File.ReadAllTextAsync(State);

        _gateway.Log.CutTo(6);
        Is(FindingLevel.Problem, "rollback", "ROLLBACK: a head of 9", await Seen());
        for (int i = 0; i < 5; i++) _gateway.Log.Append("another");
        Is(FindingLevel.Problem, "rollback", "FORK", await Seen());
        Assert.Equal(kept, await File.ReadAllTextAsync(State));

        _gateway.Log.Dispose();
        _gateway.Log = new TestLog(origin: "another.example/log");
        _gateway.Log.OpenEpoch();
        Is(FindingLevel.Problem, "rollback", "is another.example/log now", await Seen());

        Task<IReadOnlyList<Finding>> Seen() =>
            _gateway.ExamineAsync(s => s with { StateFile = State });
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(200, "hello")]
    public async Task A_checkpoint_that_is_none_is_a_problem(int status, string body)
    {
        _gateway.Instead["/v1/checkpoint"] = (status, body);
        Is(FindingLevel.Problem, "checkpoint", "no ", await _gateway.ExamineAsync());
    }

    [Theory]
    [InlineData("99000000000", "99000000", "disk", "free")]
    [InlineData("connections_total 1", "connections_total 11", "enclave-connections", "11 times")]
    [InlineData("version=\"", "version=\"9.", "version", "The gateway is 9.")]
    public async Task What_the_gateway_counts_is_judged(
        string right, string wrong, string check, string text)
    {
        _gateway.Metrics = _gateway.Metrics.Replace(right, wrong, StringComparison.Ordinal);
        Is(FindingLevel.Warning, check, text, await _gateway.ExamineAsync());
    }

    [Theory]
    [InlineData(400, 50, FindingLevel.Good)]
    [InlineData(600, 50, FindingLevel.Warning)]
    [InlineData(400, 80, FindingLevel.Warning)]
    public async Task Witnesses_that_fall_behind_are_told_before_the_log_stops(
        int ahead, int seconds, FindingLevel level)
    {
        byte[] point = [0x58, .. Enumerable.Repeat((byte)0x66, 31)];
        Assert.True(VerifierKey.TryCreate(
            "w.example", NoteSignatureType.Cosignature, point, out VerifierKey? key, out _));
        Assert.True(WitnessPolicy.TryParse(
            $"witness w {key}\nquorum w\n", out WitnessPolicy? policy, out _));
        Assert.True(WitnessRequirement.TryCreate(policy, 1000, 120, out var required));
        _gateway.Metrics = $"""
            sequencer_log_size {1000 + ahead}
            sequencer_cosigned_size 1000
            sequencer_cosigned_age_seconds {seconds}

            """;
        var findings = new Findings();
        using var http = new HttpClient(_gateway, disposeHandler: false)
        {
            BaseAddress = new Uri("http://127.0.0.1:1/"),
        };
        await new MetricsCheck(new Probe(http), "1").RunAsync(findings, required, default);
        Is(level, "witnesses", $"{ahead} numbers and {seconds} s", findings.All);
        Is(FindingLevel.NotChecked, "version", "", findings.All);
    }

    [Fact]
    public async Task Metrics_that_may_not_be_read_are_no_problem()
    {
        _gateway.Instead["/metrics"] = (403, "");
        Is(FindingLevel.NotChecked, "metrics", "403", await _gateway.ExamineAsync());
    }

    [Fact]
    public async Task An_append_that_is_refused_is_a_problem()
    {
        _gateway.Instead["/v1/entries"] =
            (507, """{"type":"urn:sequencer:problem:disk-full","status":507,"detail":"no room"}""");
        Is(
            FindingLevel.Problem, "append", "disk-full",
            await _gateway.ExamineAsync(s => s with { MayAppend = true }));
        Assert.DoesNotContain(await _gateway.ExamineAsync(), f => f.Check == "append");
    }

    private static Finding Is(
        FindingLevel level, string check, string text, IReadOnlyList<Finding> all)
    {
        Finding found = Assert.Single(all, f => f.Check == check);
        Assert.Equal(level, found.Level);
        Assert.Contains(text, found.Text, StringComparison.Ordinal);
        Assert.Equal(level >= FindingLevel.Warning, found.Advice.Length > 0);
        return found;
    }
}
