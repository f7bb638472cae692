using System.Text.RegularExpressions;
using Sequencer.Attestation.Log;
using Sequencer.Iac.Stack;

namespace Sequencer.Iac.Tests.Stack;

/// <summary>One rule for keys: the instance takes those that a log's configuration can name.
/// </summary>
public partial class SealingKeyTests
{
    private const string Id = "01234567-89ab-cdef-0123-456789abcdef";

    [Theory]
    [InlineData($"arn:aws:kms:eu-central-1:123456789012:key/{Id}", true)]
    [InlineData($"arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/{Id}", true)]
    [InlineData($"arn:aws-cn:kms:cn-north-1:123456789012:key/{Id}", false)]
    [InlineData($"arn:aws-iso:kms:us-iso-east-1:123456789012:key/{Id}", false)]
    [InlineData(
        "arn:aws:kms:us-east-1:123456789012:key/mrk-1234abcd12ab34cd56ef123456789012", false)]
    [InlineData("arn:aws:kms:us-east-1:123456789012:alias/any", false)]
    [InlineData("arn:aws:kms:us-east-1:000000000000:key/none", false)]
    [InlineData($"arn:aws:kms:s3:123456789012:key/{Id}", false)]
    [InlineData($"arn:aws:kms:us-east-123:123456789012:key/{Id}", false)]
    [InlineData($"arn:aws:kms:us-east-1:12345678901:key/{Id}", false)]
    [InlineData($"arn:aws:kms:us-east-1:123456789012:key/{Id}0", false)]
    public void User_data_takes_the_keys_that_a_log_can_name(string arn, bool isTaken)
    {
        using Stream resource =
            typeof(StackInputs).Assembly.GetManifestResourceStream("user-data")!;
        using var reader = new StreamReader(resource);
        string pattern = KeyPattern().Match(reader.ReadToEnd()).Groups[1].Value;
        Assert.Equal(isTaken, Regex.IsMatch(arn, $@"\A(?:{pattern})\z"));
        Assert.Equal(isTaken, KmsKeyArn.TryParse(arn, out _));
    }

    [GeneratedRegex("^arn='([^']+)'$", RegexOptions.Multiline)]
    private static partial Regex KeyPattern();
}
