using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Sequencer.Simulation.Tests;

public class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 200;

    [Fact]
    public void Whatever_fails_what_was_acknowledged_is_in_one_log()
    {
        (bool isGood, string said) = Run(new Arguments(1, Seeds, IsOne: false, Mutation.None));
        Assert.True(isGood, said);
    }

    [Fact]
    public void A_seed_repeats_to_the_last_byte_alone_and_among_others()
    {
        Dictionary<string, string> among = Histories("--first", "3", "--seeds", "3");
        foreach ((string seed, string history) in among)
        {
            Assert.Equal(history, Histories("--seed", seed)[seed]);
        }
        Assert.Equal(among.Count, among.Values.Distinct().Count());
    }

    [Theory]
    [InlineData(nameof(Mutation.AcknowledgeBeforeSync))]
    [InlineData(nameof(Mutation.SkipSync))]
    [InlineData(nameof(Mutation.IgnoreFailedSync))]
    [InlineData(nameof(Mutation.SkipPayloadSync))]
    [InlineData(nameof(Mutation.ForgetPending))]
    [InlineData(nameof(Mutation.CosignBeforeStored))]
    [InlineData(nameof(Mutation.ShowUncosigned))]
    [InlineData(nameof(Mutation.OpenBeforeQuorum))]
    [InlineData(nameof(Mutation.CountLinesTwice))]
    public void A_step_left_out_is_found(string mutation)
    {
        (bool isGood, string said) = Run(
            new Arguments(1, Seeds, IsOne: false, Enum.Parse<Mutation>(mutation)));
        Assert.False(isGood);
        Assert.Contains($"MUTATION={mutation}", said, StringComparison.Ordinal);
    }

    private (bool IsGood, string Said) Run(Arguments arguments)
    {
        using var said = new StringWriter(CultureInfo.InvariantCulture);
        bool isGood = SeedProcesses.Run(arguments, said);
        output.WriteLine(said.ToString());
        return (isGood, said.ToString());
    }

    // By seed, of a process of their own.
    private static Dictionary<string, string> Histories(params string[] arguments)
    {
        using Process process = SingleThread.Start(arguments);
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        return lines.Select(line => line.Split(' ')).Where(words => words[0] == "DONE")
            .ToDictionary(words => words[1], words => words[2]);
    }
}
