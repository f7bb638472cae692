using System.Diagnostics;

namespace Sequencer.Setup.Tests.Ec2;

/// <summary>What the enclave's unit runs, against a <c>nitro-cli</c> that is a script.</summary>
public sealed class RunEnclaveTests : IDisposable
{
    private readonly FakeParent _parent = new();

    public void Dispose() => _parent.Dispose();

    [Fact]
    public async Task An_enclave_is_started_as_the_unit_says_and_never_in_debug_mode()
    {
        using Script script = await Started();

        string call = Assert.Single(
            _parent.Calls, c => c.StartsWith("run-enclave", StringComparison.Ordinal));
        Assert.Contains("--enclave-cid 16", call, StringComparison.Ordinal);
        Assert.Contains("--memory 1024", call, StringComparison.Ordinal);
        Assert.Contains("--cpu-count 2", call, StringComparison.Ordinal);
        Assert.DoesNotContain("debug", call, StringComparison.Ordinal);
        Assert.Equal(
            Assert.Single(_parent.Processes).Key, File.ReadAllText(_parent.StateFile).Trim());
    }

    [Fact]
    public async Task A_stop_terminates_the_enclave_and_ends_well()
    {
        using Script script = await Started();
        await script.Signal("TERM");
        ScriptResult result = await script.End();

        Assert.Equal(0, result.Code);
        Assert.EndsWith("was terminated.\n", result.Output, StringComparison.Ordinal);
        Assert.Empty(_parent.Processes);
        Assert.False(File.Exists(_parent.StateFile));
    }

    [Fact]
    public async Task A_stop_leaves_other_enclaves_alone()
    {
        await _parent.StartOther(cid: 20);
        string other = Assert.Single(_parent.Processes).Key;
        using Script script = await Started();
        await script.Signal("TERM");

        Assert.Equal(0, (await script.End()).Code);
        Assert.Equal(other, Assert.Single(_parent.Processes).Key);
    }

    [Fact]
    public async Task An_enclave_that_ends_by_itself_is_a_failure_so_that_it_is_started_again()
    {
        using Script script = await Started();
        using Process enclave = Process.GetProcessById(Assert.Single(_parent.Processes).Value);
        enclave.Kill();
        ScriptResult result = await script.End();

        Assert.Equal(1, result.Code);
        Assert.EndsWith("ended by itself\n", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_parent.StateFile));
    }

    [Fact]
    public async Task An_enclave_left_by_a_killed_run_is_terminated_by_the_next()
    {
        using (Script killed = await Started())
        {
            await killed.Signal("KILL");
            await killed.End();
        }
        string left = Assert.Single(_parent.Processes).Key;
        using Script script = _parent.RunEnclave();
        Assert.Contains(left, await script.ReadLine(), StringComparison.Ordinal);
        Assert.Contains("runs with CID 16", await script.ReadLine(), StringComparison.Ordinal);

        Assert.NotEqual(left, Assert.Single(_parent.Processes).Key);
    }

    [Fact]
    public async Task A_CID_that_another_enclave_holds_is_refused_and_that_enclave_stays()
    {
        await _parent.StartOther(cid: 16);
        string other = Assert.Single(_parent.Processes).Key;
        using Script script = _parent.RunEnclave();

        await Refuses(script, $"CID 16 is taken by {other}, which was not started here");
        Assert.Equal(other, Assert.Single(_parent.Processes).Key);
    }

    [Theory]
    [InlineData("run-enclave")]
    [InlineData("describe-enclaves")]
    public async Task A_failing_nitro_cli_ends_it_with_a_line(string subcommand)
    {
        _parent.Fail(subcommand);
        using Script script = _parent.RunEnclave();
        await Refuses(script, $"nitro-cli {subcommand} failed");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[{\"EnclaveID\": 7, \"EnclaveCID\": 16}]")]
    [InlineData("[{\"EnclaveID\": \"i-1-enc1\", \"EnclaveCID\": \"16\"}]")]
    public async Task A_list_of_enclaves_that_is_none_is_refused(string output)
    {
        _parent.Describe(output);
        using Script script = _parent.RunEnclave();
        await Refuses(script, "nitro-cli describe-enclaves printed no list of enclaves");
    }

    [Fact]
    public async Task A_stop_that_nitro_cli_does_not_carry_out_is_a_failure()
    {
        using Script script = await Started();
        _parent.Fail("terminate-enclave");
        await script.Signal("TERM");
        ScriptResult result = await script.End();

        Assert.Equal(1, result.Code);
        Assert.EndsWith("is still there\n", result.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_parent.StateFile));
    }

    [Theory]
    [InlineData("--cid", "sixteen")]
    [InlineData("--memory", "0")]
    [InlineData("--debug-mode", "yes")]
    [InlineData("--eif", "no-such-file")]
    public async Task Wrong_arguments_are_refused(string name, string value)
    {
        string[] good =
        [
            "--eif", "LICENSE", "--memory", "1024", "--cpus", "2", "--cid", "16", "--state", "docs",
        ];
        ScriptResult result = await Script.Run("setup/ec2/run-enclave", [.. good, name, value]);
        Assert.Equal(1, result.Code);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    private async Task<Script> Started()
    {
        Script script = _parent.RunEnclave();
        string? line = await script.ReadLine();
        Assert.NotNull(line);
        Assert.EndsWith("runs with CID 16, 1024 MiB and 2 vCPUs.", line, StringComparison.Ordinal);
        return script;
    }

    private static async Task Refuses(Script script, string reason)
    {
        ScriptResult result = await script.End();
        Assert.Equal(1, result.Code);
        Assert.Contains($"run-enclave: {reason}", result.Error, StringComparison.Ordinal);
    }
}
