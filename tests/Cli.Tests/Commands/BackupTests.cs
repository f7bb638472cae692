using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Tests.Commands;

public sealed class BackupTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(30);
    private readonly CommandRun _run = new();

    public BackupTests() => _run.Write("policy.json", _log.Policy.ToJson());

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task A_log_goes_through_a_backup_and_comes_out_good()
    {
        using var directory = new TestLogDirectory(_log);
        CommandResult result = await _run.RunAsync(
            "backup", directory.Folder, "--output", "b", "--policy", "policy.json", "--json");
        result.IsGood();
        Assert.Equal(31, result.Json.GetProperty("size").GetInt32());
        Assert.True(result.Json.GetProperty("audited").GetBoolean());

        result = await _run.RunAsync("backup", directory.Folder, "--output", "b");
        result.IsGood();
        Assert.Contains("0 records were new", result.Output, StringComparison.Ordinal);
        (await _run.RunAsync("audit", "b", "--policy", "policy.json")).IsGood();

        result = await _run.RunAsync("restore", "b");
        result.IsGood();
        Assert.Contains("GOOD", result.Output, StringComparison.Ordinal);
        result = await _run.RunAsync("restore", "b", "--data", "d", "--policy", "policy.json");
        result.IsGood();
        Assert.Contains("--held", result.Output, StringComparison.Ordinal);
        Assert.Contains("goes on in epoch 1", result.Output, StringComparison.Ordinal);
        (await _run.RunAsync("audit", "d", "--policy", "policy.json")).IsGood();
        result = await _run.RunAsync("restore", "b", "--data", "d");
        result.IsUnusable();
        Assert.Contains("not empty", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_with_a_quorum_takes_a_log_that_is_ahead_of_its_witnesses()
    {
        TestWitness[] witnesses = TestWitness.Make(4);
        TrustPolicy plain = _log.Policy;
        var policy = new TrustPolicy(
            plain.LogId, plain.Configuration, plain.Measurements, plain.Roots,
            TestWitness.Policy(3, witnesses));
        _run.Write("quorum.json", policy.ToJson());
        using var directory = new TestLogDirectory(_log);
        string cosigned = Path.Combine(directory.Folder, "cosigned");
        string[] backup = ["backup", directory.Folder, "-o", "b", "--policy", "quorum.json"];

        File.WriteAllBytes(cosigned, TestWitness.Cosign(_log.Note(20), witnesses[..2]));
        CommandResult result = await _run.RunAsync(backup);
        result.IsRefused();
        Assert.Contains("witness-quorum", result.Error, StringComparison.Ordinal);
        File.WriteAllBytes(cosigned, TestWitness.Cosign(_log.Note(20), witnesses[1..]));
        (await _run.RunAsync(backup)).IsGood();
        (await _run.RunAsync("restore", "b", "--data", "d", "--policy", "quorum.json")).IsGood();
    }

    [Fact]
    public async Task A_receipt_newer_than_the_backup_is_held_against_the_restored_log()
    {
        using (var directory = new TestLogDirectory(_log))
        {
            (await _run.RunAsync("backup", directory.Folder, "-o", "b")).IsGood();
        }
        ulong newer = _log.Append("after the backup");
        _run.Write("held.json", _log.Receipt(newer).Encode());
        (await _run.RunAsync("restore", "b", "--data", "d")).IsGood();
        CommandResult result = await _run.RunAsync(
            "audit", "d", "--policy", "policy.json", "--held", "held.json");
        result.IsRefused();
        Assert.Contains("the log was cut back", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_policy_refuses_is_no_finished_backup()
    {
        using var directory = new TestLogDirectory(_log);
        string document = Path.Combine(directory.Folder, "epochs", "0.document");
        TestLogDirectory.Flip(document, new FileInfo(document).Length - 1);
        CommandResult result = await _run.RunAsync(
            "backup", directory.Folder, "-o", "b", "--policy", "policy.json");
        result.IsRefused();
        Assert.Contains("the policy refuses", result.Error, StringComparison.Ordinal);
        (await _run.RunAsync("restore", "b")).IsUnusable();
    }

    [Fact]
    public async Task What_is_no_data_directory_ends_with_2()
    {
        CommandResult result = await _run.RunAsync("backup", "nowhere", "-o", "b");
        result.IsUnusable();
        Assert.Contains("not a gateway's data directory", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_run.Folder, "b")));
    }
}
