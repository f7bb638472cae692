namespace Sequencer.Setup.Tests;

/// <summary>The test of a stack in a real account, with scripts that only note it in the place of
/// everything that it calls.</summary>
public sealed class LiveStackTests : IDisposable
{
    private static readonly string[] Programs =
        ["pulumi", "aws", "session-manager-plugin", "curl", "iac", "sequencer"];

    private readonly TemporaryFolder _folder = new();

    private readonly Dictionary<string, string> _environment;

    public LiveStackTests()
    {
        foreach (string program in Programs)
        {
            string path = program switch
            {
                "iac" => "iac/iac",
                "sequencer" => "sequencer",
                _ => $"programs/{program}",
            };
            Script(path, $$"""
                #!/bin/sh
                call="{{program}} $1"
                echo "{{program}} $*" >>'{{_folder["calls"]}}'
                [ "$(cat '{{_folder["fail"]}}' 2>/dev/null)" != "$call" ] || exit 1
                asked='{{_folder["asked"]}}'
                case "$call" in
                    "iac status") echo '{"instance": "i-0123", "region": "eu-central-1"}' ;;
                    "curl -fs") [ -f "$asked" ] || { touch "$asked"; exit 7; } ;;
                esac
                """);
        }
        Script("tests/live-stack", Checkout.Read("tests/live-stack"));
        _folder.Write("artifacts/release/SHA256SUMS", "");
        _environment = new()
        {
            ["SEQUENCER_LIVE_STACK"] = "1",
            ["patience_seconds"] = "60",
            ["pause_seconds"] = "0",
            ["PATH"] = $"{_folder["programs"]}:/usr/bin:/bin",
        };
    }

    private string[] Calls => File.Exists(_folder["calls"])
        ? File.ReadAllLines(_folder["calls"]) : [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_makes_a_stack_verifies_a_receipt_and_takes_everything_down()
    {
        ScriptResult result = await RunAsync();
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal(
            [
                "iac up", "iac status", "curl -fs", "aws ssm", "sequencer policy",
                "sequencer submit", "sequencer verify", "iac down",
            ],
            Calls.Select(call => string.Join(' ', call.Split(' ')[..2])).Distinct());
        Assert.Contains(" --with-log --yes", Calls[^1], StringComparison.Ordinal);
        string[] names = [.. Calls.Where(call => call.StartsWith("iac ", StringComparison.Ordinal))
            .Select(call => call.Split(' ')[3]).Distinct()];
        Assert.Matches("^live-[0-9a-f]{8}$", Assert.Single(names));
        Assert.Empty(Directory.GetDirectories(_folder["artifacts/live-stack"]));
    }

    [Theory]
    [InlineData("iac up")]
    [InlineData("iac status")]
    [InlineData("sequencer submit")]
    [InlineData("sequencer verify")]
    public async Task Whatever_fails_the_stack_is_taken_down_and_the_test_has_failed(string call)
    {
        _folder.Write("fail", call);
        Assert.NotEqual(0, (await RunAsync()).Code);
        Assert.StartsWith("iac down ", Calls[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stack_that_stays_is_named_with_the_command_that_removes_it()
    {
        _folder.Write("fail", "iac down");
        ScriptResult result = await RunAsync();
        Assert.Equal(1, result.Code);
        Assert.Matches("NOT DOWN: .*iac down --with-log --stack live-", result.Error);
        Assert.Single(Directory.GetDirectories(_folder["artifacts/live-stack"]));
    }

    [Fact]
    public async Task An_instance_that_is_never_ready_leaves_its_console_and_is_taken_down()
    {
        _folder.Write("fail", "curl -fs");
        _environment["patience_seconds"] = "0";
        Assert.Equal(1, (await RunAsync()).Code);
        Assert.Contains(Calls, call => call.StartsWith(
            "aws ec2 get-console-output", StringComparison.Ordinal));
        Assert.StartsWith("iac down ", Calls[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_consent_it_is_skipped_with_one_line()
    {
        _environment["SEQUENCER_LIVE_STACK"] = "";
        await IsSkippedAsync("it costs about a dollar: SEQUENCER_LIVE_STACK=1");
    }

    [Theory]
    [InlineData("pulumi")]
    [InlineData("session-manager-plugin")]
    public async Task Without_a_program_it_is_skipped_with_one_line(string program)
    {
        File.Delete(_folder[$"programs/{program}"]);
        await IsSkippedAsync($"{program} is not installed");
    }

    [Fact]
    public async Task Without_a_release_it_is_skipped_with_one_line()
    {
        File.Delete(_folder["artifacts/release/SHA256SUMS"]);
        await IsSkippedAsync("make release");
    }

    private async Task IsSkippedAsync(string why)
    {
        ScriptResult result = await RunAsync();
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.StartsWith("Skipped: ", result.Output, StringComparison.Ordinal);
        Assert.Contains(why, result.Output, StringComparison.Ordinal);
        Assert.Single(result.Output.TrimEnd().Split('\n'));
        Assert.Empty(Calls);
    }

    private Task<ScriptResult> RunAsync() =>
        Setup.Tests.Script.Run(_folder["tests/live-stack"], [], _environment);

    private void Script(string name, string text)
    {
        _folder.Write(name, text + "\n");
        File.SetUnixFileMode(
            _folder[name],
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
