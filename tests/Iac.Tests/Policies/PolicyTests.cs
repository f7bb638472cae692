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
            "policy", "-m", "a.json", "--only", "trust");
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
    [InlineData("arn:aws:iam::123456789012:role/sequencer")]
    [InlineData("arn:aws:iam::123456789012:role/service/eu-1/sequencer")]
    [InlineData("arn:aws-cn:iam::123456789012:role/ACCOUNT+=,.@_-")]
    public async Task A_role_is_named_with_its_path_as_a_caller_is_known_by(string role)
    {
        Write("a.json", 'a');
        CommandResult result = await _run.RunAsync(
            "policy", "-m", "a.json", "--only", "kms", "--role", role, "--account", "999999999999");
        result.IsGood();
        JsonElement use = Statements(result.Json)[1];
        Assert.Equal(
            role,
            use.GetProperty("Condition").GetProperty("ArnEquals").GetProperty("aws:PrincipalArn")
                .GetString());
        Assert.Equal(
            role.Split("role/")[0] + "root",
            use.GetProperty("Principal").GetProperty("AWS").GetString());
    }

    [Theory]
    [InlineData("--account", "1234", "not a number of 12 digits")]
    [InlineData("--role", "arn:aws:iam::123456789012:role/sequencer", "--administrator is needed")]
    [InlineData("--administrator", "arn:aws:iam::123456789012:root", "--role is needed")]
    public async Task An_account_that_is_needed_is_asked_for(string flag, string value, string said)
    {
        await IsRefusedAsync(said, flag, value);
    }

    [Theory]
    [InlineData("sequencer", "is not the ARN of a role")]
    [InlineData("", "is not the ARN of a role")]
    [InlineData("123456789012", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::123456789012:root", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::123456789012:role/", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::123456789012:role//sequencer", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::123456789012:role/*", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::123456789012:role/${aws:username}", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::123456789012:role/a\n", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::12345678901:role/a", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::ACCOUNT:role/a", "is not the ARN of a role")]
    [InlineData("arn:aws:kms:eu-central-1:123456789012:key/a", "is not the ARN of a role")]
    [InlineData("arn:aws:iam::123456789012:user/alice", "is a user, and an instance has a role")]
    [InlineData("arn:aws:iam::123456789012:instance-profile/a", "name the role that is in it")]
    [InlineData(
        "arn:aws:sts::123456789012:assumed-role/sequencer/i-0123456789abcdef0",
        "is a session of role sequencer: name the role itself, which 'aws iam get-role --role-name "
        + "sequencer --query Role.Arn' prints")]
    public async Task What_is_no_role_is_refused_in_one_line(string role, string said)
    {
        await IsRefusedAsync(said, "--role", role, "--account", "123456789012");
    }

    [Theory]
    [InlineData("arn:aws:iam::123456789012:root", true)]
    [InlineData("arn:aws:iam::123456789012:role/admins/keeper", true)]
    [InlineData("arn:aws:iam::123456789012:user/alice", true)]
    [InlineData("arn:aws:iam::123456789012:group/admins", false)]
    [InlineData("arn:aws:sts::123456789012:assumed-role/keeper/alice", false)]
    [InlineData("*", false)]
    public async Task Who_keeps_the_key_is_an_account_a_role_or_a_user(string who, bool isGood)
    {
        string[] arguments = ["--administrator", who, "--account", "123456789012"];
        if (!isGood)
        {
            await IsRefusedAsync("is not the ARN of an account, a role or a user", arguments);
            return;
        }
        Write("a.json", 'a');
        CommandResult result = await _run.RunAsync(
            ["policy", "-m", "a.json", "--only", "kms", .. arguments]);
        result.IsGood();
        Assert.Equal(
            who,
            Statements(result.Json)[0].GetProperty("Principal").GetProperty("AWS").GetString());
    }

    private async Task IsRefusedAsync(string said, params string[] arguments)
    {
        Write("a.json", 'a');
        CommandResult result = await _run.RunAsync(["policy", "-m", "a.json", .. arguments]);
        result.IsUnusable();
        result.Says(FailureCodes.Usage);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
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
