namespace Sequencer.Iac.Tests;

/// <summary>What a new user sees first.</summary>
public sealed class HelpTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Without_arguments_the_commands_are_listed()
    {
        CommandResult result = await _run.RunAsync();
        result.IsGood();
        Assert.Contains("From an AWS account", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_command_is_one_line_with_a_code()
    {
        CommandResult result = await _run.RunAsync("kye");
        result.IsUnusable();
        Assert.Equal(
            "iac: USAGE: there is no command 'kye'.\niac: see 'iac --help'.\n", result.Error);
    }
}
