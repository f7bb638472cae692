namespace Sequencer.Iac.Tests.Stack;

/// <summary><c>iac up</c>, with a stand-in for <c>pulumi</c> and one for AWS.</summary>
public sealed class UpTests : IDisposable
{
    private const string NoKey = "arn:aws:kms:us-east-1:000000000000:key/none";

    private readonly StackRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task It_gives_pulumi_the_program_its_settings_and_the_release()
    {
        CommandResult result = await _run.UpAsync();
        result.IsGood();
        Assert.Equal(
            [
                "version", "stack select main --create --non-interactive --color never",
                "stack output --json --stack main --non-interactive --color never",
                "stack export --stack main --non-interactive --color never",
                "up --stack main --yes --skip-preview --suppress-outputs --non-interactive --color never",
                "stack output --json --stack main --non-interactive --color never",
                "stack export --stack main --non-interactive --color never",
            ],
            _run.Calls);
        Assert.Equal([_run.In("kept/stacks/main")], _run.Lines("stand-in/folder"));
        foreach (string file in (string[])["Pulumi.yaml", "user-data", "release.tar"])
        {
            Assert.True(_run.Has($"kept/stacks/main/{file}"), file);
        }
        Dictionary<string, string> settings = _run.Settings;
        Assert.Equal("log.example/orders", settings["origin"]);
        Assert.Equal("1_000_000", settings["cellsMax"]);
        Assert.Equal("ami-0000000000000000a", settings["ami"]);
        Assert.Equal("subnet-1", settings["subnetId"]);
        Assert.Equal(NoKey, settings["sealingKeyElsewhere"]);
        Assert.Equal(new string('a', 96), settings["pcr0"]);
        Assert.Equal(settings["pcr0"], settings["previousPcr0"]);
        Assert.Contains(
            "encryptionsalt: v1:of-the-stand-in", _run.Lines("kept/stacks/main/Pulumi.main.yaml"));
        Assert.Contains("instance  i-0123456789abcdef0, m6i.xlarge", result.Output, StringComparison.Ordinal);
        Assert.Contains("no port is open", result.Output, StringComparison.Ordinal);
        Assert.Contains("AWS-StartPortForwardingSession", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_and_passphrase_go_by_the_environment_and_by_path()
    {
        (await _run.UpAsync()).IsGood();
        string[] environment = _run.Lines("stand-in/environment");
        Assert.Contains("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", environment);
        Assert.Contains("AWS_REGION=eu-central-1", environment);
        Assert.Contains($"PULUMI_BACKEND_URL=file://{_run.In("kept/state")}", environment);
        Assert.Contains($"PULUMI_CONFIG_PASSPHRASE_FILE={_run.In("kept/passphrase")}", environment);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(_run.In("kept/passphrase")));
        string passphrase = _run.Lines("kept/passphrase")[0];
        Assert.Equal(64, passphrase.Length);
        (await _run.UpAsync()).IsGood();
        Assert.Equal([passphrase], _run.Lines("kept/passphrase"));
    }

    [Fact]
    public async Task A_passphrase_and_a_backend_of_ones_own_are_taken_instead()
    {
        _run.Environment["PULUMI_CONFIG_PASSPHRASE"] = "my own";
        (await _run.UpAsync("--pulumi-backend", "s3://my-state")).IsGood();
        Assert.Contains("PULUMI_BACKEND_URL=s3://my-state", _run.Lines("stand-in/environment"));
        Assert.False(_run.Has("kept/passphrase"));
    }

    [Fact]
    public async Task What_is_not_said_again_stays_as_it_is()
    {
        (await _run.UpAsync(
            "--listen", "https", "--https-cidr", "198.51.100.0/24", "--enclave-memory-mib", "2048",
            "--log-gib", "200", "--cells-max", "50000")).IsGood();
        Dictionary<string, string> before = _run.Settings;
        _run.Aws.NewestImage = "ami-0000000000000000b";
        CommandResult result = await _run.RunAsync("up", "--yes", "--release", "release");
        result.IsGood();
        Assert.Equal(before, _run.Settings);
        (await _run.RunAsync("up", "--yes", "--release", "release", "--new-ami")).IsGood();
        Assert.Equal("ami-0000000000000000b", _run.Settings["ami"]);
    }

    [Fact]
    public async Task A_door_that_was_shut_is_not_opened_by_saying_nothing()
    {
        (await _run.UpAsync("--listen", "https")).IsGood();
        Assert.Equal("0.0.0.0/0", _run.Settings["httpsCidr"]);
        (await _run.UpAsync("--https-cidr", "")).IsGood();
        Assert.Equal("127.0.0.1/32", _run.Settings["httpsCidr"]);
        (await _run.UpAsync()).IsGood();
        Assert.Equal("127.0.0.1/32", _run.Settings["httpsCidr"]);
    }

    [Fact]
    public async Task An_upgrade_lets_both_images_use_the_key_until_the_earlier_one_is_dropped()
    {
        (await _run.UpAsync()).IsGood();
        string digest = _run.Settings["releaseSha256"];
        _run.WriteRelease("1.1.0+dddd", pcr: 'd');
        CommandResult result = await _run.UpAsync();
        result.IsGood();
        Assert.Contains("iac up --drop-previous", result.Error, StringComparison.Ordinal);
        Assert.Equal(new string('d', 96), _run.Settings["pcr0"]);
        Assert.Equal(new string('a', 96), _run.Settings["previousPcr0"]);
        Assert.NotEqual(digest, _run.Settings["releaseSha256"]);

        // Any other change keeps both.
        (await _run.UpAsync("--log-gib", "200")).IsGood();
        Assert.Equal(new string('a', 96), _run.Settings["previousPcr0"]);

        (await _run.UpAsync("--drop-previous")).IsGood();
        Assert.Equal(new string('d', 96), _run.Settings["previousPcr0"]);
    }

    [Fact]
    public async Task The_image_that_runs_is_never_dropped_by_the_upgrade_itself()
    {
        (await _run.UpAsync()).IsGood();
        _run.WriteRelease("1.1.0+dddd", pcr: 'd');
        (await _run.UpAsync("--drop-previous")).IsUnusable();
        Assert.Equal(new string('a', 96), _run.Settings["pcr0"]);
    }

    [Theory]
    [InlineData("--origin", "log.example/others", "origin of this stack is log.example/orders")]
    [InlineData("--cells-max", "5", "cellsMax of this stack is 1_000_000")]
    [InlineData("--sealing", "stack", "sealing of this stack is none")]
    [InlineData("--log-gib", "50", "a volume can only grow")]
    public async Task What_is_fixed_with_the_log_is_refused(string flag, string value, string reason)
    {
        (await _run.UpAsync()).IsGood();
        int calls = _run.Calls.Length;
        CommandResult result = await _run.RunAsync("up", "--yes", "--release", "release", flag, value);
        result.IsUnusable();
        Assert.Contains("iac: FIXED: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(
            _run.Calls[calls..], call => call.StartsWith("up ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--enclave-cpus", "4", "at most 2 processors")]
    [InlineData("--enclave-cpus", "1", "a multiple of 2")]
    [InlineData("--enclave-memory-mib", "16000", "at most 15360 MiB")]
    [InlineData("--origin", "https://log.example/$(x)", "a URL without scheme")]
    [InlineData("--origin", "/orders", "a URL without scheme")]
    [InlineData("--ssh-cidr", "0.0.0.0/0", "the whole world")]
    [InlineData("--ssh-cidr", "128.0.0.0/1", "the whole world")]
    [InlineData("--ssh-cidr", "10.0.0.0/7", "the whole world")]
    [InlineData("--https-cidr", "::/0", "IPv4")]
    [InlineData("--listen", "everywhere", "loopback or https")]
    [InlineData("--sealing", "my-key", "the ARN of a KMS key")]
    [InlineData(
        "--sealing",
        "arn:aws:kms:eu-central-1:123456789012:key/mrk-1234abcd12ab34cd56ef123456789012",
        "not a multi-Region one")]
    [InlineData(
        "--sealing",
        "arn:aws-cn:kms:cn-north-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
        "the ARN of a KMS key")]
    [InlineData(
        "--sealing",
        "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
        "a key in eu-central-1")]
    [InlineData("--stack", "../up", "small letters")]
    public async Task A_wrong_setting_is_one_line_before_anything_is_made(
        string flag, string value, string reason)
    {
        CommandResult result = await _run.UpAsync(flag, value);
        result.IsUnusable();
        Assert.Contains("iac: BAD_CONFIG: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_run.Calls, call => call.StartsWith("up ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_release_for_another_processor_is_refused()
    {
        _run.WriteRelease("1.0.0", 'a', eifFlags: 1);
        CommandResult result = await _run.UpAsync();
        result.IsUnusable();
        Assert.Contains(
            "BAD_RELEASE: m6i.xlarge is x86_64, and the release in release is for arm64",
            result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_with_a_changed_or_an_unlisted_file_is_refused()
    {
        _run.Write("release/ec2/install", "#!/bin/sh\nreboot\n");
        await RefusesRelease("release/ec2/install is not the file");
        _run.WriteRelease("1.0.0", 'a');
        _run.Write("release/extra", "");
        await RefusesRelease("release/extra is not in SHA256SUMS");
        File.Delete(_run.In("release/SHA256SUMS"));
        await RefusesRelease("'make release' makes one");
        Assert.Empty(_run.Calls);
    }

    [Fact]
    public async Task Without_pulumi_one_line_says_what_to_install_and_nothing_is_written()
    {
        foreach (string program in (string[])["no-such-pulumi", "./no-such-pulumi"])
        {
            CommandResult result = await _run.UpAsync("--pulumi", program);
            result.IsUnusable();
            Assert.Contains("iac: PULUMI_NOT_FOUND: ", result.Error, StringComparison.Ordinal);
            Assert.Contains("pulumi.com/docs/install", result.Error, StringComparison.Ordinal);
        }
        Assert.False(_run.Has("kept"));
    }

    [Fact]
    public async Task A_pulumi_that_is_too_old_is_refused()
    {
        _run.Write("stand-in/version", "v3.20.0");
        CommandResult result = await _run.UpAsync();
        result.IsUnusable();
        Assert.Contains("v3.20.0 is older than v3.110.0", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_yes_it_shows_what_it_would_do_and_asks()
    {
        CommandResult result = await _run.RunAsync(
            "up", "--origin", "log.example/orders", "--release", "release");
        result.IsUnusable();
        Assert.Contains("+ 29 to create", result.Error, StringComparison.Ordinal);
        Assert.Contains("iac: NOT_CONFIRMED: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_run.Calls, call => call.StartsWith("up ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dry_run_shows_and_makes_nothing()
    {
        CommandResult result = await _run.UpAsync("--dry-run", "--json");
        result.IsGood();
        Assert.True(result.Json.GetProperty("dry_run").GetBoolean());
        Assert.Contains("+ 29 to create", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_run.Calls, call => call.StartsWith("up ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_AWS_denies_a_step_it_says_how_to_go_on()
    {
        _run.Write("stand-in/fail", "up");
        CommandResult result = await _run.UpAsync();
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("AccessDenied", result.Error, StringComparison.Ordinal);
        Assert.Contains("iac: PULUMI_FAILED: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("'iac down' takes it away", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_reaches_pulumi_once_which_is_waited_for()
    {
        _run.Write("stand-in/slow", "up");
        CommandResult result = await _run.InterruptAsync(
            "up", "--yes", "--origin", "log.example/orders", "--release", "release");
        result.IsUnfinished();
        Assert.Equal("", result.Output);
        Assert.Contains("Asked Pulumi to stop", result.Error, StringComparison.Ordinal);
        result.Says(FailureCodes.Cancelled);
        Assert.Contains("'iac up' goes on with it", result.Error, StringComparison.Ordinal);
        Assert.Equal(["interrupt 1"], _run.Lines("stand-in/interrupts"));
    }

    [Fact]
    public async Task Where_Ctrl_C_comes_too_late_what_was_made_is_told()
    {
        _run.Write("stand-in/slow", "up finishes");
        CommandResult result = await _run.InterruptAsync(
            "up", "--yes", "--origin", "log.example/orders", "--release", "release");
        result.IsGood();
        Assert.Contains("i-0123456789abcdef0", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_before_anything_is_made_has_done_nothing()
    {
        _run.Write("stand-in/slow", "preview");
        CommandResult result = await _run.InterruptAsync(
            "up", "--origin", "log.example/orders", "--release", "release");
        result.IsUnusable();
        result.Says(FailureCodes.Cancelled);
    }

    private async Task RefusesRelease(string reason)
    {
        CommandResult result = await _run.UpAsync();
        result.IsUnusable();
        Assert.Contains("iac: BAD_RELEASE: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
    }
}
