using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Notes;

namespace Sequencer.Attestation.Tests.Log;

public class IdentityKeyConfigurationTests
{
    private const string Arn =
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    private const string Plain =
        "sequencer-configuration/v1\norigin a.example\ncells-max 10\nidempotency-window 20\n";

    private const string Line = $"identity-key {Arn}\n";

    private static readonly string Witnesses =
        "witness-numbers-max 100000\nwitness-seconds-max 60\n"
        + TestWitness.Policy(2, TestWitness.Make(3)).ToCanonicalText();

    [Fact]
    public void The_line_is_read_back_with_and_without_witnesses()
    {
        Assert.True(TryParse(Plain + Line, out LogConfiguration? read));
        Assert.Equal(Arn, read!.IdentityKey!.Text);
        Assert.Equal("kms.eu-central-1.amazonaws.com", read.IdentityKey.HostName);
        Assert.Null(read.Witnesses);
        Assert.Equal(Plain + Line, read.Text);

        Assert.True(TryParse(Plain + Line + Witnesses, out read));
        Assert.NotNull(read!.IdentityKey);
        Assert.NotNull(read.Witnesses);
        Assert.Equal(Plain + Line + Witnesses, read.Text);

        Assert.True(TryParse(Plain + Witnesses, out read));
        Assert.Null(read!.IdentityKey);
    }

    [Fact]
    public void It_stands_once_and_in_its_place()
    {
        Assert.False(TryParse(Plain + Line + Line, out _));
        Assert.False(TryParse(Plain + Witnesses + Line, out _));
        Assert.False(TryParse(Plain + $"identity-key {Arn}", out _));
        Assert.False(TryParse(Plain + $"identity-key  {Arn}\n", out _));
        Assert.False(TryParse(Plain + $"identity-key {Arn} \n", out _));
        Assert.False(TryParse(Plain + "identity-key \n", out _));
    }

    [Theory]
    [InlineData(
        "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        true)]
    [InlineData(
        "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef123456789012",
        false)]
    [InlineData("arn:aws:kms:s3:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", false)]
    [InlineData("arn:aws:kms:us-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", false)]
    [InlineData(
        "arn:aws:kms:us-east-1-:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData(
        "arn:aws:kms:us-east-123:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData(
        "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData("arn:aws:kms:us-east-1:111122223333:alias/sequencer", false)]
    [InlineData(
        "arn:aws:kms:us-east-1:11112222333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData(
        "arn:aws:kms:us-east-1:11112222333a:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData(
        "arn:aws:kms:us-east-1.evil:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData(
        "arn:aws:kms:us-east-1/evil:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData(
        "arn:aws:kms:US-EAST-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData("arn:aws:kms::111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", false)]
    [InlineData(
        "arn:aws:kms:us-east-1:111122223333:key/1234ABCD-12AB-34CD-56EF-1234567890AB",
        false)]
    [InlineData("arn:aws:kms:us-east-1:111122223333:key/1234abcd", false)]
    [InlineData(
        "arn:aws:s3:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        false)]
    [InlineData("1234abcd-12ab-34cd-56ef-1234567890ab", false)]
    [InlineData("", false)]
    public void A_key_is_named_by_its_full_ARN_in_one_form(string text, bool isRead)
    {
        Assert.Equal(isRead, KmsKeyArn.TryParse(text, out KmsKeyArn? arn));
        Assert.Equal(isRead, TryParse(Plain + $"identity-key {text}\n", out _));
        if (isRead) Assert.Equal(text, $"{arn}");
    }

    private static bool TryParse(string text, out LogConfiguration? configuration) =>
        LogConfiguration.TryParse(Encoding.UTF8.GetBytes(text), out configuration);
}
