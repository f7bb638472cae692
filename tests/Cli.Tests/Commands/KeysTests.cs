using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Commands;

[UnsupportedOSPlatform("windows")]
public sealed class KeysTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task A_key_is_shown_once_and_its_file_has_the_digest()
    {
        CommandResult made = await NewAsync("acme", "read,append");
        made.IsGood();
        string secret = made.Output.TrimEnd('\n');
        Assert.Matches("^seqk_[A-Za-z0-9_-]{43}$", secret);
        Assert.DoesNotContain("seqk_", made.Error, StringComparison.Ordinal);
        string file = Encoding.UTF8.GetString(_run.Read("keys.toml"));
        Assert.DoesNotContain(secret, file, StringComparison.Ordinal);
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        Assert.Contains($"digest = \"{digest}\"", file, StringComparison.Ordinal);
        Assert.Contains("scopes = [\"read\", \"append\"]", file, StringComparison.Ordinal);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(_run.Folder, "keys.toml")));
        Assert.Equal(["keys.toml"], Directory.GetFiles(_run.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Without_a_file_the_lines_are_printed()
    {
        CommandResult made = await _run.RunAsync(
            "keys", "new", "--tenant", "Acme, Inc. [x]", "--scopes", "admin", "--not-after", "2027-01-01");
        made.IsGood();
        string[] lines = made.Output.TrimEnd('\n').Split('\n');
        Assert.StartsWith("seqk_", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("[key.key-", lines[2], StringComparison.Ordinal);
        Assert.Equal("tenant = \"Acme, Inc. [x]\"", lines[3]);
        Assert.Equal("not-after = \"2027-01-01T00:00:00Z\"", lines[6]);
        _run.Write("pasted.toml", Encoding.UTF8.GetBytes(string.Join('\n', lines[2..])));
        (await _run.RunAsync("keys", "list", "--file", "pasted.toml")).IsGood();
    }

    [Fact]
    public async Task Keys_are_listed_and_revoked_and_the_rest_of_the_file_stays()
    {
        const string before = "# ours\n[tenant.acme]\nrequests-per-second = 5\n";
        _run.Write("keys.toml", Encoding.UTF8.GetBytes(before));
        string path = Path.Combine(_run.Folder, "keys.toml");
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.GroupRead);
        (await NewAsync("acme", "read", "--name", "one")).IsGood();
        (await NewAsync("acme", "read,admin", "--name", "two", "--not-after", "2020-01-01T00:00:00Z")).IsGood();
        CommandResult list = await _run.RunAsync("keys", "list", "--file", "keys.toml");
        Assert.Equal(
            "one  acme  read\ntwo  acme  read,admin  over since 2020-01-01T00:00:00.000Z\n", list.Output);
        CommandResult json = await _run.RunAsync("keys", "list", "--file", "keys.toml", "--json");
        Assert.Equal(["one", "two"], json.Json.EnumerateArray().Select(k => k.GetProperty("id").GetString()));

        (await _run.RunAsync("keys", "revoke", "one", "--file", "keys.toml")).IsGood();
        (await _run.RunAsync("keys", "revoke", "one", "--file", "keys.toml")).IsUnusable();
        (await _run.RunAsync("keys", "revoke", "two", "--file", "keys.toml")).IsGood();
        Assert.Equal(before.Trim(), Encoding.UTF8.GetString(_run.Read("keys.toml")).Trim());
        Assert.Equal(OwnerOnly | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData("--tenant acme --scopes write", "--scopes")]
    [InlineData("--tenant acme --scopes read,", "--scopes")]
    [InlineData("--tenant acme --scopes read --name a.b", "--name")]
    [InlineData("--tenant acme --scopes read --not-after tomorrow", "--not-after")]
    [InlineData("--tenant acme --scopes read --name taken", "has a key taken already")]
    [InlineData("--tenant acme", "--scopes")]
    public async Task A_wrong_key_changes_nothing(string arguments, string part)
    {
        (await NewAsync("acme", "read", "--name", "taken")).IsGood();
        byte[] before = _run.Read("keys.toml");
        CommandResult result = await _run.RunAsync(
            ["keys", "new", "--file", "keys.toml", .. arguments.Split(' ')]);
        result.IsUnusable();
        Assert.Contains(part, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("seqk_", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Equal(before, _run.Read("keys.toml"));
        Assert.False(_run.Has("keys.toml.new"));
    }

    [Fact]
    public async Task A_file_that_is_wrong_or_being_changed_is_left_alone()
    {
        _run.Write("keys.toml", "seqk_marker"u8.ToArray());
        CommandResult wrong = await NewAsync("acme", "read");
        wrong.IsUnusable();
        Assert.DoesNotContain("marker", wrong.Error, StringComparison.Ordinal);
        (await _run.RunAsync("keys", "revoke", "x", "--file", "missing.toml")).IsUnusable();
        Assert.False(_run.Has("missing.toml"));
        File.Delete(Path.Combine(_run.Folder, "keys.toml"));
        _run.Write("keys.toml.new", []);
        (await NewAsync("acme", "read")).IsUnusable();
        Assert.True(_run.Has("keys.toml.new"));
    }

    [Fact]
    public async Task A_link_to_a_file_stays_a_link()
    {
        _run.Write("real.toml", []);
        string link = Path.Combine(_run.Folder, "keys.toml");
        File.CreateSymbolicLink(link, "real.toml");
        (await NewAsync("acme", "read")).IsGood();
        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.Contains("acme", Encoding.UTF8.GetString(_run.Read("real.toml")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_shows_the_key_that_it_is_given()
    {
        using TestLog log = TestLog.WithEntries(2);
        await using TestGateway gateway = await TestGateway.StartAsync(log);
        string url = gateway.Url.ToString();
        string[] tail = ["tail", "--no-follow", "--url", url];
        _run.Write("key", "seqk_of-file\n"u8.ToArray());
        (await _run.RunAsync(tail)).IsGood();
        Assert.All(gateway.Shown, shown => Assert.Equal("", shown));
        _run.Environment["SEQUENCER_KEY"] = "seqk_of-variable";
        gateway.Shown.Clear();
        (await _run.RunAsync(tail)).IsGood();
        Assert.All(gateway.Shown, shown => Assert.Equal("Bearer seqk_of-variable", shown));
        gateway.Shown.Clear();
        (await _run.RunAsync([.. tail, "--key-file", "key"])).IsGood();
        Assert.All(gateway.Shown, shown => Assert.Equal("Bearer seqk_of-file", shown));
        Assert.NotEmpty(gateway.Shown);
    }

    [Fact]
    public async Task A_key_is_not_sent_in_clear_to_another_machine_and_never_printed()
    {
        _run.Environment["SEQUENCER_KEY"] = "seqk_marker";
        foreach (string[] command in (string[][])
            [["tail", "--url", "http://log.example"], ["audit", "http://192.0.2.1", "--policy", "p"]])
        {
            _run.Write("p", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { })));
            CommandResult result = await _run.RunAsync(command);
            result.IsUnusable();
            Assert.DoesNotContain("marker", result.Output + result.Error, StringComparison.Ordinal);
            if (command[0] == "tail") Assert.Contains("plain http", result.Error, StringComparison.Ordinal);
        }
        _run.Environment["SEQUENCER_KEY"] = "seqk_marker and more";
        CommandResult broken = await _run.RunAsync("tail");
        broken.IsUnusable();
        Assert.Contains("SEQUENCER_KEY holds no key", broken.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("marker", broken.Error, StringComparison.Ordinal);
    }

    private Task<CommandResult> NewAsync(string tenant, string scopes, params string[] more) => _run.RunAsync(
        ["keys", "new", "--tenant", tenant, "--scopes", scopes, "--file", "keys.toml", .. more]);
}
