using Sequencer.Iac.Credentials;
using Sequencer.Iac.Tests.Settings;

namespace Sequencer.Iac.Tests.Credentials;

/// <summary>Where access keys are looked for, and in which order.</summary>
public sealed class CredentialChainTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("sequencer-iac").FullName;
    private readonly Dictionary<string, string> _variables;

    public CredentialChainTests()
    {
        _variables = new() { ["HOME"] = _home, ["AWS_EC2_METADATA_DISABLED"] = "true" };
        Directory.CreateDirectory(Path.Combine(_home, ".aws"));
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task The_sources_are_asked_in_their_order()
    {
        Write(".aws/credentials", "[default]\naws_access_key_id = P\naws_secret_access_key = p=/+\n");
        Assert.Equal(new("P", "p=/+", null, "profile default"), await FindAsync());
        _variables["AWS_ACCESS_KEY_ID"] = "E";
        _variables["AWS_SECRET_ACCESS_KEY"] = "e";
        _variables["AWS_SESSION_TOKEN"] = "t";
        Assert.Equal(new("E", "e", "t", "AWS_ACCESS_KEY_ID"), await FindAsync());
        string csv = Write("keys.csv", "\uFEFFAccess key ID,Secret access key\r\nC,c\r\n");
        Assert.Equal(new("C", "c", null, csv), await FindAsync("--cred-file", csv));
        _variables["SEQUENCER_IAC_ACCESS_KEY"] = "V";
        _variables["SEQUENCER_IAC_SECRET_KEY"] = "v";
        Assert.Equal(
            new("V", "v", null, "SEQUENCER_IAC_ACCESS_KEY"), await FindAsync("--cred-file", csv));
        Assert.Equal(
            new("F", "f", null, "--access-key"),
            await FindAsync("--access-key", "F", "--secret-key", "f", "--cred-file", csv));
    }

    [Fact]
    public async Task Who_names_a_profile_gets_it_and_not_the_environment()
    {
        Write(".aws/config", "[profile p]\nregion = eu-west-1\n[profile q]\nregion=x\n");
        Write(
            ".aws/credentials",
            "# keys\n[q]\naws_access_key_id=Q\n[p]\naws_access_key_id = P\n"
            + "aws_secret_access_key = p\naws_session_token = t\ns3 =\n  aws_access_key_id = N\n");
        _variables["AWS_ACCESS_KEY_ID"] = "E";
        _variables["AWS_SECRET_ACCESS_KEY"] = "e";
        Assert.Equal(new("P", "p", "t", "profile p"), await FindAsync("--profile", "p"));
        Assert.Equal(
            "eu-west-1",
            Iac.Settings.RegionSetting.Require(TestSettings.Gather(_variables, "--profile", "p")));
    }

    [Fact]
    public async Task A_profile_that_a_flag_names_wins_over_a_file_that_a_variable_names()
    {
        Write(".aws/credentials", "[p]\naws_access_key_id = P\naws_secret_access_key = p\n");
        string csv = Write("keys.csv", "Access key ID,Secret access key\r\nC,c\r\n");
        _variables["SEQUENCER_IAC_CRED_FILE"] = csv;
        Assert.Equal(new("C", "c", null, csv), await FindAsync());
        Assert.Equal(new("P", "p", null, "profile p"), await FindAsync("--profile", "p"));
        Assert.Equal(
            new("C", "c", null, csv), await FindAsync("--profile", "p", "--cred-file", csv));
        _variables["SEQUENCER_IAC_PROFILE"] = "p";
        Assert.Equal(new("C", "c", null, csv), await FindAsync());
    }

    [Theory]
    [InlineData("--profile", "nobody")]
    [InlineData("--access-key", "A")]
    [InlineData("--secret-key", "A")]
    [InlineData("--cred-file", "/nowhere/keys.csv")]
    public async Task Half_a_key_or_none_where_one_was_named_is_refused(params string[] arguments)
    {
        await IsRefusedAsync(arguments);
    }

    [Fact]
    public async Task Without_any_source_the_ways_to_name_one_are_told()
    {
        CommandFailure failure = await IsRefusedAsync();
        foreach (string way in (string[])["cred_file", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"])
        {
            Assert.Contains(way, failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("AWS_ACCESS_KEY_ID", "E\r")]
    [InlineData("AWS_SECRET_ACCESS_KEY", "hidden\n")]
    [InlineData("AWS_SECRET_ACCESS_KEY", "hidden hidden")]
    [InlineData("AWS_SESSION_TOKEN", "hidden\nhidden")]
    [InlineData("AWS_SESSION_TOKEN", "hidd\u00e9n")]
    public async Task What_could_be_no_access_key_is_not_sent(string variable, string value)
    {
        _variables["AWS_ACCESS_KEY_ID"] = "E";
        _variables["AWS_SECRET_ACCESS_KEY"] = "e";
        _variables[variable] = value;
        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(() => FindAsync());
        Assert.Equal(FailureCodes.BadCredentials, failure.Code);
        Assert.Equal(ExitCodes.Unusable, failure.ExitCode);
        Assert.DoesNotContain("hidd", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_of_single_sign_on_tells_the_command_that_gets_its_key()
    {
        Write(".aws/config", "[profile p]\nsso_session = s\n");
        CommandFailure failure = await IsRefusedAsync("--profile", "p");
        Assert.Contains(
            "aws configure export-credentials --profile p", failure.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Access key ID,Secret access key\nA,s\n", "A", "s")]
    [InlineData(
        "User name,Password,Access key ID,Secret access key,Console login link\n"
        + "u,\"a,b\",A,s,https://x\n", "A", "s")]
    [InlineData("Access key ID,Secret access key\n", null, null)]
    [InlineData("Access key ID,Secret access key\nA\n", null, null)]
    [InlineData("Access key ID,Secret access key\nA,\n", null, null)]
    [InlineData("A,s\n", null, null)]
    [InlineData("", null, null)]
    public void Files_of_the_console_are_read(string text, string? id, string? secret)
    {
        bool isGood = CsvCredentials.TryParse(text, "f", out AwsCredentials? credentials);
        Assert.Equal(id is not null, isGood);
        Assert.Equal(id, credentials?.AccessKey);
        Assert.Equal(secret, credentials?.SecretKey);
    }

    [Fact]
    public async Task The_role_of_a_container_is_asked_for_with_its_token()
    {
        using var metadata = new StandInMetadata();
        _variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = metadata.Address + "role";
        _variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Bearer b";
        Assert.Equal(new("R", "r", "t", "the container's role"), await FindAsync());
        Assert.Equal(["GET /role Bearer b"], metadata.Requests);
        _variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://metadata.example/role";
        await IsRefusedAsync();
    }

    [Fact]
    public async Task The_role_of_an_instance_is_the_last_that_is_asked()
    {
        using var metadata = new StandInMetadata();
        _variables.Remove("AWS_EC2_METADATA_DISABLED");
        _variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata.Address;
        Assert.Equal(new("R", "r", "t", "the instance's role my-role"), await FindAsync());
    }

    [Fact]
    public async Task An_instance_without_a_role_is_told_and_another_machine_is_not()
    {
        using var metadata = new StandInMetadata { Roles = (404, "") };
        _variables.Remove("AWS_EC2_METADATA_DISABLED");
        _variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata.Address;
        CommandFailure failure = await IsRefusedAsync();
        Assert.Contains("the instance has no role", failure.Message, StringComparison.Ordinal);
        metadata.Token = (404, "");
        failure = await IsRefusedAsync();
        Assert.DoesNotContain("instance", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("ftp://127.0.0.1")]
    public async Task A_metadata_service_that_is_no_address_is_named(string address)
    {
        _variables.Remove("AWS_EC2_METADATA_DISABLED");
        _variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = address;
        CommandFailure failure = await IsRefusedAsync();
        Assert.Contains($"'{address}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_printed_of_a_key_is_not_its_secret()
    {
        string text = new AwsCredentials("A", "hidden", "hidden", "f").ToString();
        Assert.Equal("A from f", text);
    }

    private Task<AwsCredentials> FindAsync(params string[] arguments) =>
        CredentialChain.FindAsync(TestSettings.Gather(_variables, arguments), default);

    private async Task<CommandFailure> IsRefusedAsync(params string[] arguments)
    {
        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(
            () => FindAsync(arguments));
        Assert.Equal(FailureCodes.NoCredentials, failure.Code);
        Assert.Equal(ExitCodes.Unusable, failure.ExitCode);
        return failure;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_home, name);
        File.WriteAllText(path, text);
        return path;
    }
}
