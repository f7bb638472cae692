using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Commands;

public sealed class EraseTests : IAsyncLifetime, IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);
    private readonly CommandRun _run = new();
    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(_log);
        _run.Environment["SEQUENCER_URL"] = _gateway.Url.ToString();
        _run.Write("policy.json", _log.Policy.ToJson());
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task An_erasure_is_verified_and_its_receipt_written()
    {
        CommandResult result = await _run.RunAsync(
            "erase", "2", "--yes", "--reason", "asked", "--policy", "policy.json",
            "-o", "4.receipt.json");
        result.IsGood();
        Assert.Contains("number 4 says so, verified", result.Output, StringComparison.Ordinal);
        Assert.Equal(_log.Receipt(4).Encode(), _run.Read("4.receipt.json"));
        Assert.Equal("asked"u8.ToArray(), _log.Entries[4]!.Payload);

        _run.Write("2.receipt.json", _log.Receipt(2).Encode());
        _run.Write("1.receipt.json", _log.Receipt(1).Encode());
        JsonElement[] receipts =
        [
            .. (await _run.RunAsync(
                "verify", "1.receipt.json", "2.receipt.json", "4.receipt.json",
                "--policy", "policy.json", "--json"))
                .Json.GetProperty("receipts").EnumerateArray(),
        ];
        Assert.False(receipts[0].TryGetProperty("erased", out _));
        Assert.Equal(4, receipts[1].GetProperty("erased").GetInt32());
        Assert.Equal(2, receipts[2].GetProperty("erases").GetInt32());
        CommandResult text = await _run.RunAsync(
            "verify", "2.receipt.json", "4.receipt.json", "--policy", "policy.json");
        Assert.Contains("number 4 says that its payload is gone", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_erased_without_a_yes()
    {
        CommandResult result = await _run.RunAsync("erase", "2");
        result.IsUnusable();
        Assert.Contains("--yes", result.Error, StringComparison.Ordinal);
        Assert.Equal(4ul, _log.Size);
    }

    [Fact]
    public async Task A_receipt_of_another_tombstone_is_refused()
    {
        _gateway.Edit = (path, body) => path.EndsWith("/payload", StringComparison.Ordinal)
            ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body).Replace(
                "\"erased\":1", "\"erased\":2", StringComparison.Ordinal))
            : body;
        _gateway.Erased = _ => 1;
        CommandResult result =
            await _run.RunAsync("erase", "2", "--yes", "--policy", "policy.json");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no tombstone of 2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_salt_is_made_once_kept_in_its_file_and_verified_with()
    {
        _run.Write("payload", "hi"u8.ToArray());
        CommandResult submitted = await _run.RunAsync(
            "submit", "payload", "--salt", "salt", "--policy", "policy.json");
        submitted.IsGood();
        byte[] salt = Convert.FromBase64String(
            Encoding.ASCII.GetString(_run.Read("salt")));
        Assert.Equal(Limits.SaltBytes, salt.Length);
        Assert.Equal(salt, _log.Entries[4]!.Salt);
        (await _run.RunAsync("submit", "payload", "--salt", "salt", "-o", "again.json")).IsGood();
        Assert.Equal(salt, _log.Entries[5]!.Salt);

        (await _run.RunAsync(
            "verify", "4.receipt.json", "--policy", "policy.json", "--payload", "payload",
            "--salt", "salt")).IsGood();
        Assert.Equal(1, (await _run.RunAsync(
            "verify", "4.receipt.json", "--policy", "policy.json", "--payload", "payload")).ExitCode);
        (await _run.RunAsync(
            "get", "4", "--payload", "-o", "read", "--salt", "read.salt")).IsGood();
        Assert.Equal(_run.Read("salt"), _run.Read("read.salt"));
        Assert.Equal("hi"u8.ToArray(), _run.Read("read"));
        _run.Write("none", "AAAA\n"u8.ToArray());
        (await _run.RunAsync(
            "verify", "4.receipt.json", "--policy", "policy.json", "--payload", "payload",
            "--salt", "none")).IsUnusable();
        (await _run.RunAsync(
            "verify", "4.receipt.json", "--policy", "policy.json", "--salt", "salt")).IsUnusable();
    }

    [Fact]
    public async Task An_audit_of_a_directory_counts_what_was_erased()
    {
        _log.Erase(2);
        using var directory = new TestLogDirectory(_log);
        directory.ErasePayload(2);
        CommandResult result = await _run.RunAsync(
            "audit", directory.Folder, "--policy", "policy.json");
        result.IsGood();
        Assert.Contains(
            "3 payloads present, 1 erased by tombstones, 0 missing",
            result.Output,
            StringComparison.Ordinal);
        JsonElement json = (await _run.RunAsync(
            "audit", directory.Folder, "--policy", "policy.json", "--json")).Json;
        Assert.Equal(1, json.GetProperty("payloads").GetProperty("erased").GetInt32());
    }
}
