using System.Runtime.Versioning;
using System.Text.Json;
using Sequencer.Cli.Doctor;

namespace Sequencer.Cli.Tests.Doctor;

/// <summary>The data directory and the settings, as the command sees them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LocalFindingTests : IDisposable
{
    private readonly CommandRun _run = new();

    public LocalFindingTests()
    {
        foreach (string folder in (string[])["log", "payload", "epochs"])
        {
            Directory.CreateDirectory(In("data", folder));
        }
        File.WriteAllText(In("data", "format"), "sequencer-store/v1\n");
        WriteSegment("log", 0, 100);
        WriteSegment("log", 100, 20);
        WriteSegment("payload", 0, 7);
        File.SetUnixFileMode(
            In("data"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => _run.Dispose();

    [Fact]
    public void A_directory_in_use_is_good()
    {
        using FileStream held = File.Create(In("data", "lock"));
        IReadOnlyList<Finding> all = Look(freeBytesMin: 1);
        Assert.Equal(["data", "data-access", "data-disk", "data-lock"], all.Select(f => f.Check));
        Assert.All(all, f => Assert.Equal(FindingLevel.Good, f.Level));
        Assert.Contains("2 segments, 120 bytes", all[0].Text, StringComparison.Ordinal);
        Assert.Contains(
            $"process {Environment.ProcessId}", all[3].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_that_is_missing_is_a_problem()
    {
        File.Delete(In("data", "log", $"{0:D20}.seg"));
        Is(FindingLevel.Problem, "data-segments", "where the segment from 0 on belongs");
    }

    [Fact]
    public void A_format_of_another_version_is_a_problem()
    {
        File.WriteAllText(In("data", "format"), "sequencer-store/v9\n");
        Is(FindingLevel.Problem, "data", "sequencer-store/v9");
    }

    [Fact]
    public void A_directory_that_is_not_there_is_a_problem()
    {
        Directory.Delete(In("data"), recursive: true);
        Is(FindingLevel.Problem, "data", "is not there");
    }

    [Fact]
    public void A_directory_that_everybody_may_enter_is_a_warning()
    {
        File.SetUnixFileMode(
            In("data"), File.GetUnixFileMode(In("data")) | UnixFileMode.OtherExecute);
        Is(FindingLevel.Warning, "data-access", "Every user");
    }

    [Fact]
    public void A_disk_below_what_must_stay_free_is_a_problem()
    {
        Assert.Contains(
            Look(long.MaxValue / 8),
            f => f is { Check: "data-disk", Level: FindingLevel.Problem });
    }

    [Fact]
    public async Task The_gateways_own_program_judges_its_settings_and_names_the_directory()
    {
        CommandResult result = await ExamineAsync(
            """
            echo '[gateway]'
            echo 'data = "data"  # gateway.toml, line 2: data'
            echo 'listen = "http://127.0.0.1:1"  # default'
            echo 'origin = "sequencer.localhost/log"  # default'
            echo 'enclave-command = "x # y"  # gateway.toml, line 3: enclave-command'
            echo 'disk-free-min-bytes = 0  # gateway.toml, line 4: disk-free-min-bytes'
            echo 'snapshot-records = 0  # default'
            """);
        // Nobody listens there.
        result.IsRefused();
        (string Check, string Level)[] all =
        [
            .. result.Json.GetProperty("findings").EnumerateArray().Select(f => (
                f.GetProperty("check").GetString()!, f.GetProperty("level").GetString()!)),
        ];
        Assert.Equal(
            [
                ("config", "ok"), ("config-origin", "warning"), ("config-enclave", "warning"),
                ("config-disk", "warning"), ("config-snapshots", "warning"),
                ("reachable", "problem"), ("data", "ok"), ("data-access", "ok"),
                ("data-disk", "ok"),
            ],
            all[..^1]);
        Assert.Equal(1, result.Json.GetProperty("problems").GetInt32());
    }

    [Fact]
    public async Task Settings_that_the_gateway_refuses_are_told_in_its_words()
    {
        CommandResult result = await ExamineAsync(
            "echo 'gateway.toml, line 2: queue is not a setting.' >&2; exit 1", "--data", "data");
        JsonElement first = result.Json.GetProperty("findings")[0];
        Assert.Equal("problem", first.GetProperty("level").GetString());
        Assert.Contains(
            "line 2: queue is not a setting", first.GetProperty("text").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_alone_is_looked_at_alone_and_lines_come_with_advice()
    {
        CommandResult result = await _run.RunAsync("doctor", "--data", "data");
        result.IsGood();
        Assert.DoesNotContain("reachable", result.Output, StringComparison.Ordinal);
        Assert.Contains("✓ data ", result.Output, StringComparison.Ordinal);
        Assert.Contains("→ Start the gateway", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("0 problems, 1 warning.\n", result.Output, StringComparison.Ordinal);
    }

    private async Task<CommandResult> ExamineAsync(string script, params string[] more)
    {
        string program = In("gateway");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _run.Environment["SEQUENCER_URL"] = "http://127.0.0.1:1";
        return await _run.RunAsync(
            ["doctor", "--config", "gateway.toml", "--gateway", program, "--json", .. more]);
    }

    private void Is(FindingLevel level, string check, string text)
    {
        Finding found = Assert.Single(Look(freeBytesMin: 1), f => f.Check == check);
        Assert.Equal(level, found.Level);
        Assert.Contains(text, found.Text, StringComparison.Ordinal);
        Assert.NotEmpty(found.Advice);
    }

    private IReadOnlyList<Finding> Look(long freeBytesMin)
    {
        var findings = new Findings();
        new DataCheck(In("data"), freeBytesMin).Run(findings);
        return findings.All;
    }

    private void WriteSegment(string folder, int start, int bytes) =>
        File.WriteAllBytes(In("data", folder, $"{start:D20}.seg"), new byte[bytes]);

    private string In(params string[] parts) => Path.Combine([_run.Folder, .. parts]);
}
