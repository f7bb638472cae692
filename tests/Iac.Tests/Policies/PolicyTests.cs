using System.Text.Json;

namespace Sequencer.Iac.Tests.Policies;

/// <summary>What <c>iac policy</c> prints for the images of releases.</summary>
public sealed class PolicyTests : IDisposable
{
    private readonly CommandRun _run = IacRun.New();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task The_key_can_be_used_by_each_image_alone_and_PCRs_are_not_mixed()
    {
        Write("a.json", 'a');
        Write("b.json", 'b');
        CommandResult result = await _run.RunAsync(
            "policy", "-m", "a.json", "-m", "b.json", "-m", "a.json", "--account", "123456789012");
        result.IsGood();
        JsonElement[] statements = Statements(result.Json.GetProperty("kms_key_policy"));
        Assert.Equal(3, statements.Length);
        foreach ((char digit, JsonElement statement) in "ab".Zip(statements.Skip(1)))
        {
            Assert.Equal(["kms:Decrypt", "kms:GenerateDataKey"], Actions(statement));
            Assert.Equal(
                "arn:aws:iam::123456789012:root",
                statement.GetProperty("Principal").GetProperty("AWS").GetString());
            JsonElement conditions = statement.GetProperty("Condition");
            Assert.Equal(3, conditions.EnumerateObject().Count());
            // By its name: a role that was made anew under it is the same.
            Assert.Equal(
                """{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/sequencer"}""",
                JsonSerializer.Serialize(conditions.GetProperty("ArnEquals")));
            Assert.Equal(
                """{"kms:EncryptionContext:sequencer-purpose":"identity/v1"}""",
                JsonSerializer.Serialize(conditions.GetProperty("StringEquals")));
            Assert.Equal(
                [
                    ("kms:RecipientAttestation:PCR0", digit + Zeros(0)),
                    ("kms:RecipientAttestation:PCR1", digit + Zeros(1)),
                    ("kms:RecipientAttestation:PCR2", digit + Zeros(2)),
                ],
                conditions.GetProperty("StringEqualsIgnoreCase").EnumerateObject()
                    .Select(p => (p.Name, p.Value.GetString()!)));
        }
    }

    [Fact]
    public async Task Who_keeps_the_key_cannot_use_it_nor_give_its_use_away()
    {
        Write("a.json", 'a');
        CommandResult result = await _run.RunAsync(
            "policy", "-m", "a.json", "--account", "123456789012", "--only", "kms");
        string[] actions = Actions(Statements(result.Json)[0]);
        Assert.Contains("kms:PutKeyPolicy", actions);
        Assert.DoesNotContain(actions, action => action.Contains('*', StringComparison.Ordinal));
        foreach (string use in (string[])
            [
                "kms:Decrypt", "kms:Encrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey",
                "kms:CreateGrant",
            ])
        {
            Assert.DoesNotContain(use, actions);
        }
        Assert.Contains("can change the key's policy", result.Error, StringComparison.Ordinal);
        result = await _run.RunAsync(
            "policy", "-m", "a.json", "--account", "123456789012", "--only", "kms", "--fixed");
        Assert.DoesNotContain("kms:PutKeyPolicy", Actions(Statements(result.Json)[0]));
    }

    [Fact]
    public async Task The_trust_policy_is_that_of_the_images_under_AWS_root()
    {
        Write("a.json", 'a');
        CommandResult result = await _run.RunAsync(
            "policy", "-m", "a.json", "--account", "123456789012", "--only", "trust");
        result.IsGood();
        Assert.True(JsonElement.DeepEquals(Parse(_run.Read("a.json")), result.Json));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("nothing")]
    [InlineData("""{"format":"sequencer-measurements/v1","measurements":[],"roots":[]}""")]
    public async Task A_file_that_is_no_measurements_is_refused(string text)
    {
        _run.Write("a.json", System.Text.Encoding.UTF8.GetBytes(text));
        CommandResult result = await _run.RunAsync(
            "policy", "-m", "a.json", "--account", "123456789012");
        result.IsUnusable();
        result.Says(FailureCodes.BadMeasurements);
    }

    [Theory]
    [InlineData("--account", "1234")]
    [InlineData("--account", "123456789012", "--role", "sequencer")]
    [InlineData()]
    public async Task An_account_or_a_role_that_is_none_is_refused(params string[] arguments)
    {
        Write("a.json", 'a');
        CommandResult result = await _run.RunAsync(["policy", "-m", "a.json", .. arguments]);
        result.IsUnusable();
        result.Says(FailureCodes.Usage);
    }

    private static JsonElement[] Statements(JsonElement policy) =>
        [.. policy.GetProperty("Statement").EnumerateArray()];

    private static string[] Actions(JsonElement statement) =>
        [.. statement.GetProperty("Action").EnumerateArray().Select(action => action.GetString()!)];

    private static JsonElement Parse(byte[] json) => JsonDocument.Parse(json).RootElement;

    private static string Zeros(int last) => new string('0', 94) + last;

    private void Write(string name, char digit) => _run.Write(
        name,
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {
              "format": "sequencer-measurements/v1",
              "measurements": [
                {
                  "name": "{{digit}}",
                  "pcr0": "{{digit + Zeros(0)}}",
                  "pcr1": "{{digit + Zeros(1)}}",
                  "pcr2": "{{digit + Zeros(2)}}"
                }
              ],
              "roots": [
                "aws-nitro-enclaves-g1"
              ]
            }

            """));
}
