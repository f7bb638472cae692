using Sequencer.InstanceMetadata;

namespace Sequencer.Iac.Tests.Credentials;

/// <summary>
/// What <see cref="InstanceRole"/> promises the gateway and this command, against a stand-in for the
/// instance's metadata service.
/// </summary>
public sealed class InstanceRoleTests
{
    private const string RolesPath = "/latest/meta-data/iam/security-credentials/";

    [Fact]
    public async Task Role_and_credentials_are_asked_for_with_a_token()
    {
        using var metadata = new StandInMetadata();
        RoleCredentials fetched = await FetchAsync(metadata);
        Assert.Equal(new("my-role", "R", "r", "t"), fetched);
        Assert.Equal("R of my-role", $"{fetched}");
        Assert.Equal(
            ["PUT /latest/api/token 60", $"GET {RolesPath} token", $"GET {RolesPath}my-role token"],
            metadata.Requests);
    }

    [Fact]
    public async Task Of_several_lines_the_first_is_the_role()
    {
        using var metadata = new StandInMetadata { Roles = (200, "a+b=,.@-_\nother\n") };
        Assert.Equal("a+b=,.@-_", (await FetchAsync(metadata)).Role);
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(403, "")]
    [InlineData(405, "no such method")]
    [InlineData(200, "")]
    [InlineData(200, "a\nb")]
    [InlineData(200, "\u0001")]
    public async Task Who_gives_no_token_is_no_metadata_service(int status, string token)
    {
        using var metadata = new StandInMetadata { Token = (status, token) };
        await IsRefusedAsync(metadata, RoleFault.NoService, "");
        Assert.Single(metadata.Requests);
    }

    [Fact]
    public async Task A_machine_without_the_service_has_no_role()
    {
        var role = new InstanceRole(new Uri($"http://127.0.0.1:{FreePort.Find()}"));
        var refused = await Assert.ThrowsAsync<RoleCredentialsException>(
            () => role.FetchAsync(default));
        Assert.Equal(RoleFault.NoService, refused.Fault);
    }

    [Theory]
    [InlineData(404, "", "the instance has no role")]
    [InlineData(200, "", "the instance has no role")]
    [InlineData(200, "\n", "the instance has no role")]
    [InlineData(500, "", $"answers 500 to {RolesPath}")]
    [InlineData(401, "", $"answers 401 to {RolesPath}")]
    public async Task An_instance_without_a_role_is_told_apart(int status, string roles, string said)
    {
        using var metadata = new StandInMetadata { Roles = (status, roles) };
        await IsRefusedAsync(metadata, RoleFault.NoCredentials, said);
    }

    [Theory]
    [InlineData(404, "{}", "answers 404")]
    [InlineData(200, "", "is no JSON")]
    [InlineData(200, "[]", "is no object")]
    [InlineData(200, "{}", "has no AccessKeyId")]
    [InlineData(200, """{"AccessKeyId":"a","SecretAccessKey":1,"Token":"t"}""", "no SecretAccessKey")]
    [InlineData(200, """{"AccessKeyId":"a","SecretAccessKey":"","Token":"t"}""", "no SecretAccessKey")]
    [InlineData(200, """{"AccessKeyId":"a","SecretAccessKey":"hidden"}""", "has no Token")]
    [InlineData(200, """{"AccessKeyId":"a","SecretAccessKey":"hidden","Token":"ÿ"}""", "is no JSON")]
    [InlineData(200, """{"AccessKeyId":"a","SecretAccessKey":"hidden" "Token":""}""", "is no JSON")]
    [InlineData(
        200, """{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot\nassume it"}""",
        "role my-role is AssumeRoleUnauthorizedAccess: EC2 cannot assume it")]
    [InlineData(200, """{"Code":"Failed"}""", "is Failed: no more is said")]
    public async Task An_answer_without_credentials_is_told(int status, string answer, string said)
    {
        using var metadata = new StandInMetadata { Role = (status, answer) };
        await IsRefusedAsync(metadata, RoleFault.NoCredentials, said);
    }

    [Fact]
    public async Task An_answer_that_is_too_long_is_not_read()
    {
        using var metadata = new StandInMetadata { Role = (200, new string(' ', 100_000)) };
        await IsRefusedAsync(metadata, RoleFault.NoCredentials, "does not answer");
    }

    [Fact]
    public async Task Who_gives_up_is_not_told_of_a_fault()
    {
        using var metadata = new StandInMetadata();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new InstanceRole(new Uri(metadata.Address)).FetchAsync(new(canceled: true)));
    }

    private static Task<RoleCredentials> FetchAsync(StandInMetadata metadata) =>
        new InstanceRole(new Uri(metadata.Address)).FetchAsync(default);

    private static async Task IsRefusedAsync(
        StandInMetadata metadata, RoleFault fault, string said)
    {
        var refused = await Assert.ThrowsAsync<RoleCredentialsException>(
            () => FetchAsync(metadata));
        Assert.Equal(fault, refused.Fault);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain("hidden", refused.ToString(), StringComparison.Ordinal);
    }
}
