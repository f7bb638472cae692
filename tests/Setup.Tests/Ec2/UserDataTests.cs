using System.Security.Cryptography.X509Certificates;

namespace Sequencer.Setup.Tests.Ec2;

/// <summary>What an instance of the stack does at its first boot.</summary>
public sealed class UserDataTests : IDisposable
{
    private readonly FakeInstance _instance = new();

    public void Dispose() => _instance.Dispose();

    [Fact]
    public async Task A_new_instance_reserves_formats_mounts_fetches_installs_and_starts_in_this_order()
    {
        await Boots();
        Assert.Equal(
            [
                "dnf install", "systemctl enable -q nitro-enclaves-allocator",
                "systemctl restart nitro-enclaves-allocator", "blkid", "blockdev", "mkfs.xfs", "mount",
                "xfs_growfs", "aws s3",
                "install", "chown",
                "systemctl enable -q --now sequencer-enclave sequencer-gateway",
            ],
            Milestones());
        Assert.Equal(
            "---\nmemory_mib: 2048\ncpu_count: 2\n",
            _instance.Read("etc/nitro_enclaves/allocator.yaml"));
        Assert.Equal(
            "ENCLAVE_MEMORY_MIB=2048\nENCLAVE_CPUS=2\n", _instance.Read("etc/sequencer/enclave.env"));
        Assert.Contains(
            " /var/lib/sequencer xfs noatime,nodev,nosuid,noexec,nofail,", _instance.Read("etc/fstab"),
            StringComparison.Ordinal);
        // Never a log on the root disk.
        Assert.Contains(
            "AssertPathIsMountPoint=/var/lib/sequencer",
            _instance.Read("etc/systemd/system/sequencer-gateway.service.d/volume.conf"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_run_changes_nothing()
    {
        await Boots();
        string before = _instance.Everything();
        int calls = _instance.Calls.Length;
        await Boots();
        Assert.Equal(before, _instance.Everything());
        string[] again = _instance.Calls[calls..];
        foreach (string never in (string[])["mkfs.xfs", "mount /", "aws", "install", "systemctl restart"])
        {
            Assert.DoesNotContain(
                again, call => call.StartsWith(never, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_reservation_that_failed_is_tried_again_by_the_next_run()
    {
        _instance.Fail("systemctl restart nitro-enclaves-allocator");
        await Fails("no memory for the enclave: reboot the instance, then run this again");
        _instance.Mend();
        int calls = _instance.Calls.Length;
        await Boots();
        Assert.Contains(
            "systemctl restart nitro-enclaves-allocator", _instance.Calls[calls..]);
    }

    // It may be larger than its file system: this mount is not one of those that systemd grows.
    [Fact]
    public async Task A_volume_with_a_log_is_mounted_and_grown_and_never_formatted()
    {
        _instance.HasFileSystem("xfs");
        await Boots();
        Assert.DoesNotContain("mkfs.xfs", Milestones());
        string[] done = Milestones();
        Assert.True(Array.IndexOf(done, "mount") < Array.IndexOf(done, "xfs_growfs"));
        Assert.Contains("mount", done);
    }

    [Fact]
    public async Task A_volume_with_another_file_system_stays_as_it_is()
    {
        _instance.HasFileSystem("ext4");
        await Fails("is not blank, nor xfs (ext4): it stays");
        Assert.DoesNotContain("mkfs.xfs", Milestones());
    }

    [Theory]
    [InlineData(70_000)]
    [InlineData((2 * 1024 * 1024) + 1)]
    [InlineData(5_000_000)]
    [InlineData(6_500_000)]
    [InlineData((8 * 1024 * 1024) - 1)]
    public async Task A_volume_with_bytes_that_nobody_knows_stays_as_it_is(int at)
    {
        byte[] content = new byte[8 * 1024 * 1024];
        content[at] = 1;
        _instance.Attach(content);
        await Fails("is not blank, nor xfs (unknown): it stays");
        Assert.DoesNotContain("mkfs.xfs", Milestones());
    }

    [Fact]
    public async Task A_volume_that_does_not_come_is_waited_for_and_then_named()
    {
        _instance.Detach();
        await Fails("the log volume vol-0123456789abcdef0 did not come within 2 s");
    }

    [Fact]
    public async Task A_release_with_another_digest_is_not_unpacked()
    {
        _instance.Settings["release_sha256"] = new string('a', 64);
        await Fails("is not the one with this digest");
        Assert.DoesNotContain("install", Milestones());
        Assert.False(_instance.Has($"var/cache/sequencer/{new string('a', 64)}.tar"));
    }

    [Theory]
    [InlineData("dnf", "it did not work, ten times: dnf install")]
    [InlineData("aws", "it did not work, ten times: aws s3 cp")]
    [InlineData("mount", "at line")]
    public async Task A_step_that_fails_ends_it_with_a_line(string program, string reason)
    {
        _instance.Fail(program);
        await Fails(reason);
        Assert.DoesNotContain(
            _instance.Calls, call => call.Contains("--now sequencer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_loopback_nothing_listens_elsewhere()
    {
        await Boots();
        Assert.Equal(
            """
            # Written by the instance's user data. Another instance writes its own: what has to stay is set by
            # `iac up`.
            [gateway]
            enclave = "vsock:16:5005"
            data = "/var/lib/sequencer/data"
            listen = "http://127.0.0.1:5000"
            origin = "log.example/orders"
            cells-max = 1_000_000
            idempotency-window = 500_000
            """,
            _instance.Read("etc/sequencer/gateway.toml").TrimEnd());
        Assert.False(_instance.Has("etc/sysctl.d/60-sequencer.conf"));
    }

    [Fact]
    public async Task With_https_nobody_is_let_in_until_there_are_keys_and_they_stay_with_the_log()
    {
        _instance.Settings["listen"] = "https";
        await Boots();
        string settings = _instance.Read("etc/sequencer/gateway.toml");
        Assert.Contains("listen = \"https://0.0.0.0:443\"", settings, StringComparison.Ordinal);
        Assert.Contains(
            "keys = \"/var/lib/sequencer/access/keys.toml\"", settings, StringComparison.Ordinal);
        const string access = "var/lib/sequencer/access";
        Assert.Equal("", _instance.Read($"{access}/keys.toml"));
        string key = _instance.Read($"{access}/key.pem");
        Assert.Contains("PRIVATE KEY", key, StringComparison.Ordinal);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, _instance.ModeOf($"{access}/key.pem"));
        await Boots();
        Assert.Equal(key, _instance.Read($"{access}/key.pem"));
    }

    [Fact]
    public async Task Root_writes_nothing_where_the_gateways_user_may_have_put_a_link()
    {
        _instance.Settings["listen"] = "https";
        _instance.Link("var/lib/sequencer/access", "etc/somewhere");
        UnixFileMode mode = _instance.ModeOf("etc/somewhere");
        // That user may not write there.
        _instance.Fail("runuser");
        await Fails("FAILED");
        Assert.Contains(_instance.Calls, call => call.StartsWith(
            "runuser -u sequencer-gateway -- ", StringComparison.Ordinal));
        Assert.Empty(_instance.List("etc/somewhere"));
        Assert.Equal(mode, _instance.ModeOf("etc/somewhere"));
    }

    [Fact]
    public async Task A_host_of_any_length_gets_a_certificate()
    {
        string host = $"{new string('a', 60)}.{new string('b', 60)}.example";
        _instance.Settings["listen"] = "https";
        _instance.Settings["origin"] = $"{host}/orders";
        await Boots();
        using var certificate = X509Certificate2.CreateFromPem(
            _instance.Read("var/lib/sequencer/access/certificate.pem"));
        Assert.True(certificate.MatchesHostname(host));
        Assert.True(certificate.MatchesHostname("localhost"));
    }

    [Theory]
    [InlineData("stack", "key/01234567-89ab-cdef-0123-456789abcdef")]
    [InlineData(
        "arn:aws:kms:eu-central-1:210987654321:key/feedfeed-0123-4567-89ab-cdef01234567",
        "key/feedfeed-0123-4567-89ab-cdef01234567")]
    public async Task A_log_with_a_stable_identity_names_its_key_and_has_a_way_to_it(
        string sealing, string key)
    {
        _instance.Settings["sealing"] = sealing;
        await Boots();
        string settings = _instance.Read("etc/sequencer/gateway.toml");
        Assert.Matches($"identity-key = \"arn:.*:{key}\"", settings);
        Assert.Contains("kms-pipe = \"vsock:5006\"", settings, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("origin", "log.example/$(reboot)")]
    [InlineData("origin", "/orders")]
    [InlineData("cells_max", "many")]
    [InlineData("listen", "everywhere")]
    [InlineData("release_sha256", "../../etc/passwd")]
    [InlineData("sealing", "arn:aws:kms:eu-central-1:123456789012:alias/any")]
    [InlineData(
        "sealing", "arn:aws:kms:eu-central-1:123456789012:key/mrk-1234abcd12ab34cd56ef123456789012")]
    public async Task A_setting_with_a_value_that_it_cannot_have_ends_it_before_anything_is_done(
        string name, string value)
    {
        _instance.Settings[name] = value;
        await Fails($"{name} has a value that it cannot have");
        Assert.Empty(_instance.Calls);
    }

    private async Task Boots()
    {
        ScriptResult result = await _instance.Boot();
        Assert.True(result.Code == 0, result.Output + result.Error);
        Assert.DoesNotContain("FAILED", result.Error, StringComparison.Ordinal);
    }

    private async Task Fails(string reason)
    {
        ScriptResult result = await _instance.Boot();
        Assert.NotEqual(0, result.Code);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
    }

    // What was done, once each, without the arguments that the tests above look at.
    private string[] Milestones() =>
    [
        .. _instance.Calls.Where(call => call != "systemctl daemon-reload"
                && !call.StartsWith("mountpoint", StringComparison.Ordinal))
            .Select(call => call.Split(' '))
            .Select(words => words[0] switch
            {
                "systemctl" => string.Join(' ', words),
                "dnf" or "aws" => $"{words[0]} {words[1]}",
                string program => program,
            })
            .Distinct(),
    ];
}
