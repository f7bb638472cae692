namespace Sequencer.Cli.Tests.Commands;

public sealed class HelpTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Every_command_teaches_with_an_example()
    {
        CommandResult root = await _run.RunAsync("--help");
        root.IsGood();
        string[] names =
        [
            "submit", "get", "erase", "tail", "stream", "verify", "audit", "backup", "restore",
            "inspect", "policy", "verifier", "keys",
        ];
        foreach (string name in names)
        {
            Assert.Contains(name, root.Output, StringComparison.Ordinal);
            CommandResult help = await _run.RunAsync(name, "--help");
            help.IsGood();
            Assert.Contains($"sequencer {name} ", help.Output, StringComparison.Ordinal);
            Assert.Contains("Example", help.Output, StringComparison.Ordinal);
            Assert.Contains("--json", help.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        CommandResult result = await _run.RunAsync("--version");
        result.IsGood();
        Assert.Matches(@"^\d+\.\d+\.\d+", result.Output);
    }

    [Fact]
    public async Task A_word_that_is_no_command_is_named_alone()
    {
        CommandResult result = await _run.RunAsync("verfy", "1.receipt.json");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("no command 'verfy'", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("1.receipt.json", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'abc' is not a whole number, for 'get'.", "get", "abc")]
    [InlineData("'-1' is not a whole number, for '--from'.", "tail", "--from=-1")]
    [InlineData("'2.5' is not a whole number, for '--limit'.", "stream", "s", "--limit", "2.5")]
    [InlineData("'99999999999999999999' is not a whole number, for 'erase'.",
        "erase", "99999999999999999999")]
    public async Task What_is_no_number_is_told_without_types(string told, params string[] command)
    {
        CommandResult result = await _run.RunAsync(command);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(
            $"sequencer: {told}\nsequencer: see 'sequencer {command[0]} --help'.\n", result.Error);
    }

    [Fact]
    public async Task A_pipe_gets_no_colours()
    {
        CommandResult result = await _run.RunAsync("verify", "missing", "--policy", "missing");
        Assert.DoesNotContain('\u001b', result.Output + result.Error);
    }
}
