using System.Diagnostics;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Tests.Moto;

/// <summary>Ctrl-C at the worst moments.</summary>
public sealed class InterruptionTests(MotoServer server) : CloudTests(server)
{
    [MotoTheory]
    [InlineData("CreateSecurityGroup", true)]
    [InlineData("CreateSecurityGroup", false)]
    [InlineData("AuthorizeSecurityGroupIngress", true)]
    [InlineData("RunInstances", true)]
    public async Task What_was_begun_is_taken_back_also_where_its_answer_was_lost(
        string action, bool doesIt)
    {
        await RunAsync("key", "create", "-k", "k");
        (int code, string error) = await InterruptAsync(
            action, doesIt, "instance", "create", "-i", "log-1", "-k", "k");
        Assert.Equal(ExitCodes.Unusable, code);
        Assert.Contains("iac: CANCELLED: ", error, StringComparison.Ordinal);
        await NothingIsLeftAsync();
    }

    [MotoTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_that_EC2_may_have_is_named_with_the_way_to_remove_it(bool doesIt)
    {
        (int code, string error) = await InterruptAsync(
            "ImportKeyPair", doesIt, "key", "create", "-k", "k");
        Assert.Equal(ExitCodes.Unfinished, code);
        Assert.Contains("iac: UNFINISHED: ", error, StringComparison.Ordinal);
        Assert.Contains("iac key delete -k k", error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Command.Folder, "secrets", "k.pem")));
        Assert.Equal(doesIt ? 1 : 0, (await AskEc2Async("DescribeKeyPairs")).Items("keySet").Count());
    }

    [MotoTheory]
    [InlineData("DeleteKeyPair", "'iac key list' tells", "key", "delete", "-k", "k")]
    [InlineData("TerminateInstances", "'iac instance list' tells", "instance", "terminate", "-i", "log-1")]
    [InlineData("DeleteSecurityGroup", "Its security groups", "instance", "terminate", "-i", "log-1")]
    public async Task Of_what_may_be_removed_or_not_it_is_told_how_to_find_out(
        string action, string told, params string[] arguments)
    {
        await RunAsync("key", "create", "-k", "k");
        await RunAsync("instance", "create", "-i", "log-1", "-k", "k");
        (int code, string error) = await InterruptAsync(action, true, [.. arguments, "--yes"]);
        Assert.Equal(ExitCodes.Unfinished, code);
        Assert.Contains("iac: UNFINISHED: ", error, StringComparison.Ordinal);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    [MotoTheory]
    [InlineData("DeleteKeyPair", "'iac key list' tells", "key", "delete", "-k", "k")]
    [InlineData("TerminateInstances", "'iac instance list' tells", "instance", "terminate", "-i", "log-1")]
    public async Task Where_EC2_fails_in_the_midst_of_it_nobody_says_that_nothing_was_done(
        string action, string told, params string[] arguments)
    {
        await RunAsync("key", "create", "-k", "k");
        await RunAsync("instance", "create", "-i", "log-1", "-k", "k");
        using var proxy = new LosingProxy(Server.Address, action, doesIt: true, fails: true);
        Command.Environment["AWS_ENDPOINT_URL"] = proxy.Address;
        CommandResult result = await Command.RunAsync([.. arguments, "--yes"]);
        result.IsUnfinished();
        result.Says(FailureCodes.Unfinished);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
    }

    [MotoFact]
    public async Task Once_the_instance_is_there_only_the_waiting_ends()
    {
        await RunAsync("key", "create", "-k", "k");
        using var proxy = new LosingProxy(Server.Address, "DescribeInstances", true, answered: 1);
        (int code, string error) = await InterruptAsync(
            proxy, "instance", "create", "-i", "log-1", "-k", "k");
        Assert.Equal(ExitCodes.Unfinished, code);
        Assert.Contains("iac: UNFINISHED: ", error, StringComparison.Ordinal);
        Assert.Contains("iac instance terminate -i log-1", error, StringComparison.Ordinal);
        await RunAsync("instance", "terminate", "-i", "log-1", "--yes");
        await NothingIsLeftAsync();
    }

    private async Task<(int Code, string Error)> InterruptAsync(
        string action, bool doesIt, params string[] arguments)
    {
        using var proxy = new LosingProxy(Server.Address, action, doesIt);
        return await InterruptAsync(proxy, arguments);
    }

    private async Task<(int Code, string Error)> InterruptAsync(
        LosingProxy proxy, params string[] arguments)
    {
        Command.Environment["AWS_ENDPOINT_URL"] = proxy.Address;
        using Process process = Command.Start(arguments);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
        await proxy.Lost.WaitAsync(patience.Token);
        using (Process kill = Process.Start("bash", ["-c", $"kill -INT {process.Id}"]))
        {
            await kill.WaitForExitAsync(patience.Token);
        }
        await process.WaitForExitAsync(patience.Token);
        Command.Environment["AWS_ENDPOINT_URL"] = Server.Address.ToString();
        return (process.ExitCode, await error);
    }
}
