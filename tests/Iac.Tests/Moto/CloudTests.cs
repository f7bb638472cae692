using System.Xml.Linq;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Credentials;

namespace Sequencer.Iac.Tests.Moto;

/// <summary>The command against an account of its own, which holds nothing at first.</summary>
[Collection(MotoGroup.Name)]
public abstract class CloudTests(MotoServer server) : IAsyncLifetime
{
    internal const string Region = "eu-west-1";

    internal CommandRun Command { get; } = IacRun.New();

    internal MotoServer Server { get; } = server;

    public async Task InitializeAsync()
    {
        if (MotoServer.SkipReason is not null) return;
        await Server.ResetAsync();
        Command.Environment["AWS_ENDPOINT_URL"] = Server.Address.ToString();
        Command.Environment["AWS_ACCESS_KEY_ID"] = "AKIAIOSFODNN7EXAMPLE";
        Command.Environment["AWS_SECRET_ACCESS_KEY"] = "secret";
        Command.Environment["AWS_REGION"] = Region;
    }

    public Task DisposeAsync()
    {
        Command.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Runs a command that has to succeed.</summary>
    internal async Task<CommandResult> RunAsync(params string[] arguments)
    {
        CommandResult result = await Command.RunAsync(arguments);
        result.IsGood();
        return result;
    }

    /// <summary>Asks the server behind the command's back.</summary>
    internal async Task<XElement> AskAsync(
        string service, string version, string action, params (string, string)[] parameters)
    {
        using var aws = new AwsConnection(
            new AwsCredentials("AKIAIOSFODNN7EXAMPLE", "secret", null, "test"), Region, Server.Address,
            TimeProvider.System);
        var query = new QueryParameters(version, action);
        foreach ((string name, string value) in parameters) query.Add(name, value);
        return await aws.QueryAsync(service, query, isRepeatable: false, default);
    }

    internal Task<XElement> AskEc2Async(string action, params (string, string)[] parameters) =>
        AskAsync("ec2", Ec2.Ec2Client.Version, action, parameters);

    /// <summary>That no instance runs, and no security group but the account's own is there.
    /// </summary>
    internal async Task NothingIsLeftAsync()
    {
        CommandResult list = await RunAsync("instance", "list", "--json");
        Assert.DoesNotContain(
            list.Json.EnumerateArray(),
            i => i.GetProperty("state").GetString() is not ("terminated" or "shutting-down"));
        XElement groups = await AskEc2Async("DescribeSecurityGroups");
        Assert.All(
            groups.Items("securityGroupInfo"), g => Assert.Equal("default", g.Text("groupName")));
    }
}
