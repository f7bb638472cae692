using System.Text.Json;

namespace Sequencer.Iac.Tests.Stack;

/// <summary><c>iac plan</c>, <c>status</c> and <c>down</c>, with the same stand-ins.</summary>
public sealed class DownTests : IDisposable
{
    private readonly StackRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task A_plan_changes_nothing()
    {
        CommandResult result = await _run.RunAsync(
            "plan", "--origin", "log.example/orders", "--release", "release");
        result.IsGood();
        Assert.Contains("+ 29 to create", result.Error, StringComparison.Ordinal);
        result = await _run.RunAsync(
            "plan", "--json", "--origin", "log.example/orders", "--release", "release");
        result.IsGood();
        Assert.Equal("create", result.Json.GetProperty("steps")[0].GetProperty("op").GetString());
        Assert.DoesNotContain(_run.Calls, call => call.StartsWith("up ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_status_needs_no_credentials_and_says_all_as_JSON()
    {
        (await _run.UpAsync()).IsGood();
        _run.Environment["AWS_ACCESS_KEY_ID"] = "";
        _run.Environment["AWS_SECRET_ACCESS_KEY"] = "";
        JsonElement status = (await _run.RunAsync("status", "--json")).Json;
        Assert.True(status.GetProperty("is_up").GetBoolean());
        Assert.Equal("i-0123456789abcdef0", status.GetProperty("instance").GetString());
        Assert.Equal("1.0.0+aaaa", status.GetProperty("release_version").GetString());
    }

    [Theory]
    [InlineData("status")]
    [InlineData("down", "--yes")]
    public async Task A_stack_that_is_not_there_is_named(params string[] command)
    {
        CommandResult result = await _run.RunAsync([.. command, "--stack", "other"]);
        result.IsUnusable();
        Assert.Contains(
            "iac: NO_SUCH_STACK: There is no stack other", result.Error, StringComparison.Ordinal);
        Assert.False(_run.Has("kept/stacks/other"));
    }

    [Fact]
    public async Task Two_commands_do_not_change_one_stack_at_once()
    {
        (await _run.UpAsync()).IsGood();
        using (new FileStream(
            _run.In("kept/stacks/main/lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            CommandResult[] results =
            [
                await _run.UpAsync(), await _run.RunAsync("plan", "--release", "release"),
                await _run.RunAsync("down", "--yes"),
            ];
            foreach (CommandResult result in results)
            {
                result.IsUnusable();
                Assert.Contains(
                    "iac: STACK_BUSY: Another iac is at work on the stack main", result.Error,
                    StringComparison.Ordinal);
            }
            (await _run.RunAsync("status")).IsGood();
            (await _run.UpAsync("--stack", "other")).IsGood();
        }
        (await _run.UpAsync()).IsGood();
    }

    [Theory]
    [InlineData("state")]
    [InlineData("letters")]
    public async Task What_lay_beside_a_stack_stays(string name)
    {
        foreach (string folder in (string[])["kept", "kept/stacks"])
        {
            Directory.CreateDirectory(_run.In($"{folder}/{name}"));
            _run.Write($"{folder}/{name}/mine", "mine");
        }
        (await _run.RunAsync("status", "--stack", name)).IsUnusable();
        (await _run.UpAsync("--stack", name)).IsGood();
        (await _run.RunAsync("down", "--with-log", "--yes", "--stack", name)).IsGood();
        Assert.Equal(["mine"], _run.Lines($"kept/{name}/mine"));
        Assert.Equal(["mine"], _run.Lines($"kept/stacks/{name}/mine"));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("down", "--yes")]
    public async Task A_stack_that_Pulumi_cannot_look_for_is_not_taken_for_none(
        params string[] command)
    {
        (await _run.UpAsync()).IsGood();
        _run.Write("stand-in/fail", "stack select");
        CommandResult result = await _run.RunAsync(command);
        result.IsRefused();
        Assert.Contains(
            "iac: PULUMI_FAILED: pulumi stack select failed: error: api error AccessDenied",
            result.Error, StringComparison.Ordinal);
        Assert.True(_run.Has("kept/stacks/main"));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("down", "--yes")]
    public async Task Where_pulumi_cannot_tell_nobody_says_that_there_is_no_stack(
        params string[] command)
    {
        (await _run.UpAsync()).IsGood();
        _run.Write("stand-in/fail", "stack select");
        CommandResult result = await _run.RunAsync(command);
        result.IsRefused();
        result.Says(FailureCodes.PulumiFailed);
        Assert.Contains("AccessDenied", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("outputs", "warning: something")]
    [InlineData("outputs", "[]")]
    [InlineData("export", """{"deployment": {"resources": [{}]}}""")]
    public async Task What_pulumi_says_in_another_form_is_one_line(string what, string said)
    {
        (await _run.UpAsync()).IsGood();
        _run.Write($"stand-in/{what}", said);
        CommandResult result = await _run.RunAsync("status");
        result.IsRefused();
        result.Says(FailureCodes.PulumiFailed);
    }

    [Theory]
    [InlineData("destroy")]
    [InlineData("destroy finishes")]
    public async Task Ctrl_C_keeps_the_log_also_where_pulumi_had_done_the_first_step(string slow)
    {
        (await _run.UpAsync()).IsGood();
        _run.Write("stand-in/slow", slow);
        CommandResult result = await _run.InterruptAsync("down", "--with-log", "--yes");
        result.IsUnfinished();
        result.Says(FailureCodes.Cancelled);
        Assert.Contains("run the same again", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(
            _run.Calls, call => call.StartsWith("state unprotect", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_fails_between_the_steps_says_that_one_was_done()
    {
        (await _run.UpAsync()).IsGood();
        _run.Write("stand-in/fail", "state unprotect");
        CommandResult result = await _run.RunAsync("down", "--with-log", "--yes");
        result.IsUnfinished();
        result.Says(FailureCodes.PulumiFailed);
        Assert.Contains("run the same again", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Down_leaves_the_log_and_the_key_and_up_goes_on_with_them()
    {
        (await _run.UpAsync()).IsGood();
        CommandResult result = await _run.RunAsync("down", "--yes", "--json");
        result.IsGood();
        Assert.Equal("main", result.Json.GetProperty("down").GetString());
        Assert.Contains(
            "destroy --stack main --exclude-protected --yes --skip-preview --non-interactive --color never",
            _run.Calls);
        Assert.DoesNotContain(
            _run.Calls, call => call.StartsWith("state unprotect", StringComparison.Ordinal));
        Assert.Contains("are there, and cost", result.Error, StringComparison.Ordinal);

        result = await _run.RunAsync("status");
        result.IsGood();
        Assert.Contains("none: the stack is down", result.Output, StringComparison.Ordinal);
        Assert.Contains("kept on vol-0123456789abcdef0", result.Output, StringComparison.Ordinal);

        // The same log: its origin need not be said again, and cannot be another one.
        (await _run.RunAsync("up", "--yes", "--release", "release")).IsGood();
        Assert.Equal("log.example/orders", _run.Settings["origin"]);
    }

    [Theory]
    [InlineData("up", "--yes", "--release", "release")]
    [InlineData("plan", "--release", "release")]
    [InlineData("down", "--yes")]
    [InlineData("down", "--with-log", "--yes")]
    public async Task Another_account_is_refused_before_Pulumi_takes_everything_for_gone(
        params string[] command)
    {
        (await _run.UpAsync()).IsGood();
        Assert.Equal("arn:aws:iam::123456789012:root", _run.Settings["account"]);
        _run.Aws.Account = "210987654321";
        int before = _run.Calls.Length;
        CommandResult result = await _run.RunAsync(command);
        result.IsUnusable();
        Assert.Contains(
            "iac: FIXED: This stack is in arn:aws:iam::123456789012:root, and the access key is of "
                + "arn:aws:sts::210987654321:assumed-role/operator/me.",
            result.Error, StringComparison.Ordinal);
        Assert.All(
            _run.Calls[before..],
            call => Assert.Matches("^(version|stack (select|output|export))", call));
    }

    [Theory]
    [InlineData("but for its log and its sealing key.")]
    [InlineData("and then delete its log and its sealing key.", "--with-log")]
    public async Task A_dry_run_shows_what_would_go_and_leaves_it(
        string told, params string[] flags)
    {
        (await _run.UpAsync()).IsGood();
        CommandResult result = await _run.RunAsync(["down", "--dry-run", .. flags]);
        result.IsGood();
        Assert.Contains("29 to delete", result.Error, StringComparison.Ordinal);
        Assert.Equal($"Would take down the stack main, {told}\n", result.Output);
        Assert.Equal(
            "destroy --stack main --exclude-protected --preview-only --non-interactive --color never",
            Assert.Single(
                _run.Calls, call => call.StartsWith("destroy", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Down_asks_first()
    {
        (await _run.UpAsync()).IsGood();
        CommandResult result = await _run.RunAsync("down", "--with-log");
        result.IsUnusable();
        Assert.Contains("its LOG and its sealing key, for ever?", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(
            _run.Calls, call => call.StartsWith("destroy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Down_with_the_log_deletes_everything_and_forgets_it()
    {
        (await _run.UpAsync()).IsGood();
        (await _run.RunAsync("down", "--with-log", "--yes")).IsGood();
        Assert.Equal(
            [
                "destroy --stack main --exclude-protected --yes --skip-preview --non-interactive --color never",
                "stack export --stack main --non-interactive --color never",
                "state unprotect --all --stack main --yes --non-interactive --color never",
                "destroy --stack main --yes --skip-preview --remove --non-interactive --color never",
            ],
            _run.Calls[^4..]);
        Assert.False(_run.Has("kept/stacks/main"));
        (await _run.RunAsync("status")).IsUnusable();
    }

    [Fact]
    public async Task A_down_with_the_log_that_fails_leaves_the_log_protected()
    {
        (await _run.UpAsync()).IsGood();
        _run.Write("stand-in/fail", "destroy --stack main --exclude-protected");
        CommandResult result = await _run.RunAsync("down", "--with-log", "--yes");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("run the same again", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(
            _run.Calls, call => call.StartsWith("state unprotect", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Down_refuses_while_the_log_is_not_protected_and_with_the_log_goes_on()
    {
        (await _run.UpAsync()).IsGood();
        _run.Write("stand-in/fail", "destroy --stack main --yes");
        Assert.Equal(3, (await _run.RunAsync("down", "--with-log", "--yes")).ExitCode);
        _run.Write("stand-in/fail", "");
        string[] before = _run.Calls;
        CommandResult result = await _run.RunAsync("down", "--yes");
        result.IsUnusable();
        Assert.Contains(
            "iac: NOT_PROTECTED: aws:ebs/volume:Volume is not protected", result.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            _run.Calls[before.Length..],
            call => call.StartsWith("destroy", StringComparison.Ordinal));
        (await _run.RunAsync("down", "--with-log", "--yes")).IsGood();
        (await _run.RunAsync("status")).IsUnusable();
    }

    [Fact]
    public async Task A_down_that_fails_says_how_to_go_on()
    {
        (await _run.UpAsync()).IsGood();
        _run.Write("stand-in/fail", "destroy");
        CommandResult result = await _run.RunAsync("down", "--yes");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("'iac down' goes on", result.Error, StringComparison.Ordinal);
    }
}
