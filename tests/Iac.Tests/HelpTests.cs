namespace Sequencer.Iac.Tests;

/// <summary>What a new user sees first.</summary>
public sealed class HelpTests : IDisposable
{
    private readonly CommandRun _run = IacRun.New();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Without_arguments_the_commands_are_listed()
    {
        CommandResult result = await _run.RunAsync();
        result.IsGood();
        foreach (string command in (string[])["key", "instance", "doctor", "policy"])
        {
            Assert.Matches($"(?m)^  {command} ", result.Output);
        }
        Assert.Contains("SEQUENCER_IAC_VOLUME_GIB", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key", "create", "list", "delete")]
    [InlineData("instance", "create", "list", "terminate")]
    public async Task A_group_lists_its_commands(string group, params string[] commands)
    {
        CommandResult result = await _run.RunAsync(group, "--help");
        result.IsGood();
        foreach (string command in commands) Assert.Matches($"(?m)^  {command} ", result.Output);
    }

    [Fact]
    public async Task The_flags_of_the_neighbour_are_all_there()
    {
        CommandResult result = await _run.RunAsync("instance", "create", "--help");
        result.IsGood();
        foreach (string flag in (string[])
            [
                "--config-file", "--access-key", "--secret-key", "--region", "-k, ", "-i, ", "-s, ",
            ])
        {
            Assert.Contains(flag, result.Output, StringComparison.Ordinal);
        }
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
