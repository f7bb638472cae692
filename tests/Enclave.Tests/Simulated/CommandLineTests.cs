using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Tests.Simulated;

public sealed class CommandLineTests
{
    private static readonly string Hex = new('a', 96);
    private static readonly string Other = new('b', 96);

    [Fact]
    public void All_options_are_read()
    {
        Assert.True(CommandLine.TryParse(
            [
                "--socket", "s", "--root-directory", "d", "--exit-when-idle", "30",
                "--pcr0", Hex, "--pcr2", Hex.ToUpperInvariant(),
                "--accept-predecessor", $"{Hex},{Other},{Hex}",
                "--accept-predecessor", $"{Other},{Hex},{Hex}",
            ],
            out CommandLine line, out _));
        Assert.Equal(("s", "d", TimeSpan.FromSeconds(30)),
            (line.Socket, line.RootDirectory, line.ExitWhenIdle!.Value));
        Assert.Equal(Convert.FromHexString(Hex), line.Measurements.Pcr0);
        Assert.Equal(Measurements.Default.Pcr1, line.Measurements.Pcr1);
        Assert.Equal(Convert.FromHexString(Hex), line.Measurements.Pcr2);
        Assert.Equal(
            [Convert.FromHexString(Other), Convert.FromHexString(Hex)],
            line.AcceptedPredecessors.Select(image => image.Pcr1.ToArray()));
    }

    [Theory]
    [InlineData("--socket is missing")]
    [InlineData("--root-directory is missing", "--socket", "s")]
    [InlineData("--socket needs a value", "--socket")]
    [InlineData("unknown argument --sokcet", "--sokcet", "s")]
    [InlineData("--exit-when-idle: bad value 0", "--exit-when-idle", "0")]
    [InlineData("--exit-when-idle: bad value 1s", "--exit-when-idle", "1s")]
    [InlineData("--pcr0: bad value abcd", "--pcr0", "abcd")]
    [InlineData("--accept-predecessor: bad value ab", "--accept-predecessor", "ab")]
    public void What_is_wrong_is_said_in_one_line(string expected, params string[] arguments)
    {
        Assert.False(CommandLine.TryParse(arguments, out _, out string error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void An_accepted_predecessor_is_three_PCRs_none_all_zero()
    {
        string zero = new('0', 96);
        string[] bad = [$"{Hex},{Hex}", $"{Hex},{Hex},{Hex},{Hex}", $"{Hex},{zero},{Hex}"];
        Assert.All(bad, value => Assert.False(CommandLine.TryParse(
            ["--socket", "s", "--root-directory", "d", "--accept-predecessor", value],
            out _, out _)));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--print-measurements")]
    public void What_only_prints_needs_nothing_else(string argument) =>
        Assert.True(CommandLine.TryParse([argument], out _, out _));
}
