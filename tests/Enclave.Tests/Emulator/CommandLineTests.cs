using Sequencer.Enclave.Emulator;

namespace Sequencer.Enclave.Tests.Emulator;

public sealed class CommandLineTests
{
    [Fact]
    public void All_options_are_read()
    {
        Assert.True(CommandLine.TryParse(
            [
                "run", "--eif", "x.eif", "--socket-directory", "d", "--root-directory", "r",
                "--tools", "t", "--debug-mode", "--memory", "256", "--cpus", "2", "--role", "arn",
                "--instance-id", "i-1", "--timeout", "5", "--exit-when-parent-ends",
            ],
            out CommandLine line, out _));
        Assert.Equal(
            new EmulatorOptions
            {
                ImageFile = "x.eif",
                SocketDirectory = "d",
                RootDirectory = "r",
                ToolsDirectory = "t",
                IsDebugMode = true,
                MemoryMiB = 256,
                Processors = 2,
                RoleArn = "arn",
                InstanceId = "i-1",
            },
            line.Options);
        Assert.Equal(TimeSpan.FromSeconds(5), line.Timeout);
        Assert.True(line.EndsWithParent);
    }

    [Fact]
    public void Documents_are_signed_under_a_root_beside_the_sockets_by_default()
    {
        Assert.True(CommandLine.TryParse(
            ["run", "--eif", "x", "--socket-directory", "d"], out CommandLine line, out _));
        Assert.Equal(AttestationRoute.Signed, line.Options.Route);
        Assert.Equal("d", line.Options.RootDirectory);
    }

    [Theory]
    [InlineData("there is no command 'start', only 'run'", "start")]
    [InlineData("--eif is missing", "run")]
    [InlineData("--socket-directory is missing", "run", "--eif", "x")]
    [InlineData("--eif needs a value", "run", "--eif")]
    [InlineData("unknown argument --eiff", "run", "--eiff", "x")]
    [InlineData("--memory: bad value 0", "run", "--memory", "0")]
    [InlineData("--cpus: bad value two", "run", "--cpus", "two")]
    [InlineData("--role: bad value a,b", "run", "--role", "a,b")]
    [InlineData(
        "--debug-mode needs signed documents: QEMU's NSM has no debug mode",
        "run", "--eif", "x", "--socket-directory", "d", "--unsigned", "--debug-mode")]
    public void What_is_wrong_is_said_in_one_line(string expected, params string[] arguments)
    {
        Assert.False(CommandLine.TryParse(arguments, out _, out string error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("run", "-h")]
    public void Help_needs_nothing_else(params string[] arguments)
    {
        Assert.True(CommandLine.TryParse(arguments, out CommandLine line, out _));
        Assert.True(line.WantsHelp);
    }
}
