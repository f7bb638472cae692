using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Notes;

namespace Sequencer.Attestation.Tests.Log;

public class WitnessedConfigurationTests
{
    private const string Plain =
        "sequencer-configuration/v1\norigin a.example\ncells-max 10\nidempotency-window 20\n";

    private static readonly string Text = Plain
        + "witness-numbers-max 100000\nwitness-seconds-max 60\n"
        + TestWitness.Policy(2, TestWitness.Make(3)).ToCanonicalText();

    [Fact]
    public void A_configuration_with_witnesses_is_read_back_and_one_without_is_as_before()
    {
        Assert.True(TryParse(Text, out LogConfiguration? read));
        Assert.Equal(Text, read!.Text);
        Assert.Equal(100_000u, read.Witnesses!.NumbersMax);
        Assert.Equal(60u, read.Witnesses.SecondsMax);
        Assert.Equal(1, read.Witnesses.Policy.SharedMin);

        Assert.True(TryParse(Plain, out read));
        Assert.Null(read!.Witnesses);
        Assert.Equal(Plain, read.Text);
    }

    [Theory]
    [InlineData("witness-numbers-max 100000", "witness-numbers-max 0")]
    [InlineData("witness-numbers-max 100000", "witness-numbers-max 0100000")]
    [InlineData("witness-numbers-max 100000", "witness-numbers-max 100000001")]
    [InlineData("witness-seconds-max 60", "witness-seconds-max 604801")]
    [InlineData("witness-seconds-max 60\n", "")]
    [InlineData("group g 2", "group  g 2")]
    [InlineData("group g 2", "group g 1")]
    [InlineData("group g 2", "# why\ngroup g 2")]
    [InlineData("group g 3", "group g all")]
    [InlineData("quorum g\n", "quorum none\n")]
    [InlineData("quorum g\n", "quorum g")]
    [InlineData("quorum g\n", "quorum g\n\n")]
    [InlineData("quorum g\n", "")]
    [InlineData("witness w0 ", "witness wü ")]
    public void Any_other_spelling_is_refused(string part, string other)
    {
        string text = Text.Replace("group g 2", part.Contains('3') ? "group g 3" : "group g 2",
            StringComparison.Ordinal);
        string changed = text.Replace(part, other, StringComparison.Ordinal);
        Assert.NotEqual(text, changed);
        Assert.False(TryParse(changed, out _));
    }

    [Fact]
    public void A_quorum_is_needed_for_a_requirement()
    {
        Assert.True(WitnessPolicy.TryParse("quorum none\n", out WitnessPolicy? none, out _));
        Assert.False(WitnessRequirement.TryCreate(none, 1, 1, out _));
    }

    private static bool TryParse(string text, out LogConfiguration? configuration) =>
        LogConfiguration.TryParse(Encoding.UTF8.GetBytes(text), out configuration);
}
