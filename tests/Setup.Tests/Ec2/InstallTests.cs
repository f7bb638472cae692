using System.Diagnostics;

namespace Sequencer.Setup.Tests.Ec2;

/// <summary>The installer, below a folder in the place of a machine's root.</summary>
public sealed class InstallTests : IDisposable
{
    private const string Version = "0.1.0+0123456789ab";

    private readonly TemporaryFolder _folder = new();

    public InstallTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Checkout.Root, "setup/ec2")))
        {
            Directory.CreateDirectory(_folder["release/ec2"]);
            File.Copy(file, _folder[$"release/ec2/{Path.GetFileName(file)}"]);
        }
        _folder.Write("release/VERSION", $"{Version}\n");
        _folder.Write("release/sequencer.eif", "an image");
        _folder.Write("gateway/Sequencer.Gateway", "#!/bin/sh\n");
        Shell($"chmod +x gateway/Sequencer.Gateway && tar -czf release/gateway.tar.gz gateway");
        Sum();
        Allocator("---\nmemory_mib: 1024\ncpu_count: 2\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_installs_and_a_second_time_changes_nothing()
    {
        ScriptResult first = await Install();
        Assert.Equal((0, ""), (first.Code, first.Error));
        Assert.Contains("nothing was started", first.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["root/opt/sequencer/current/gateway/Sequencer.Gateway"]));
        Assert.True(File.Exists(_folder["root/opt/sequencer/current/sequencer.eif"]));
        Assert.True(File.Exists(_folder["root/etc/systemd/system/sequencer-enclave.service"]));
        Assert.Equal(Version, new DirectoryInfo(_folder["root/opt/sequencer/current"]).LinkTarget);

        string before = Shell("cd root && find . -type f | sort | xargs sha256sum");
        Assert.Equal(0, (await Install()).Code);
        Assert.Equal(before, Shell("cd root && find . -type f | sort | xargs sha256sum"));
    }

    [Fact]
    public async Task Settings_that_are_there_stay()
    {
        _folder.Write("root/etc/sequencer/gateway.toml", "mine");
        Assert.Equal(0, (await Install()).Code);
        Assert.Equal("mine", File.ReadAllText(_folder["root/etc/sequencer/gateway.toml"]));
    }

    [Fact]
    public async Task A_check_writes_nothing()
    {
        ScriptResult result = await Install("--check");
        Assert.Equal((0, $"Release {Version} can be installed.\n"), (result.Code, result.Output));
        Assert.False(Directory.Exists(_folder["root/opt"]));
    }

    [Fact]
    public async Task A_changed_file_is_refused()
    {
        _folder.Write("release/sequencer.eif", "another image");
        await Refuses("files differ from SHA256SUMS");
    }

    [Fact]
    public async Task A_file_that_is_not_listed_is_refused()
    {
        _folder.Write("release/ec2/extra.service", "[Service]\n");
        await Refuses("are not the same");
    }

    [Fact]
    public async Task A_link_that_is_not_listed_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "release", "gateway"), "/usr");
        await Refuses("are not the same");
    }

    [Fact]
    public async Task Another_release_under_an_installed_version_is_refused()
    {
        Assert.Equal(0, (await Install()).Code);
        _folder.Write("release/sequencer.eif", "another image");
        Sum();
        await Refuses($"another release is installed as {Version}");
    }

    [Theory]
    [InlineData("---\nmemory_mib: 512\ncpu_count: 2\n", "reserves 512 MiB, the enclave takes 1024")]
    [InlineData("---\nmemory_mib: 1024\ncpu_count: 1\n", "reserves 1 vCPUs, the enclave takes 2")]
    [InlineData("---\n# memory_mib: 4096\n# cpu_count: 4\n", "reserves 0 MiB")]
    public async Task An_allocator_that_reserves_too_little_is_refused(string yaml, string reason)
    {
        Allocator(yaml);
        await Refuses(reason);
    }

    [Theory]
    [InlineData("---\nmemory_mib: 2048\ncpu_pool: 2,3,6-9\n")]
    [InlineData("---\n- memory_mib: 256\n  cpu_count: 1\n- memory_mib: 1024\n  cpu_pool: 4-5\n")]
    public async Task Each_way_to_reserve_enough_is_taken(string yaml)
    {
        Allocator(yaml);
        Assert.Equal(0, (await Install("--check")).Code);
    }

    [Fact]
    public async Task The_allocator_that_we_ship_is_enough_for_the_settings_that_we_ship()
    {
        Allocator(Checkout.Read("setup/ec2/allocator.yaml"));
        Assert.Equal(0, (await Install("--check")).Code);
    }

    [Fact]
    public async Task An_allocator_that_is_not_there_names_the_package()
    {
        File.Delete(_folder["root/etc/nitro_enclaves/allocator.yaml"]);
        await Refuses("dnf install aws-nitro-enclaves-cli");
    }

    [Fact]
    public async Task Units_hold_before_systemd_where_it_is_at_hand()
    {
        if (Shell("command -v systemd-analyze || true").Length == 0) return;
        Assert.Equal(0, (await Install()).Code);
        // The units of the system that ours name, empty: only ours are looked at.
        foreach (string unit in (string[])["sysinit", "basic", "shutdown", "network", "multi-user"])
        {
            _folder.Write(
                $"root/etc/systemd/system/{unit}.target", "[Unit]\nDefaultDependencies=no\n");
        }
        _folder.Write(
            "root/etc/systemd/system/nitro-enclaves-allocator.service",
            "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\n"
            + "ExecStart=/opt/sequencer/current/ec2/install\n");
        _folder.Write("root/usr/bin/kill", "");
        Shell("chmod +x root/usr/bin/kill");
        string said = Shell(
            "for unit in enclave gateway; do systemd-analyze verify --man=no --root=root "
            + "root/etc/systemd/system/sequencer-$unit.service 2>&1 || echo failed; done");
        Assert.Equal("", said);
    }

    [Fact]
    public void A_system_call_that_is_not_allowed_is_refused_and_does_not_end_the_gateway()
    {
        string unit = Checkout.Read("setup/ec2/sequencer-gateway.service");
        Assert.Contains(
            "\nSystemCallFilter=@system-service\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nSystemCallErrorNumber=EPERM\n", unit, StringComparison.Ordinal);
    }

    private void Allocator(string yaml) =>
        _folder.Write("root/etc/nitro_enclaves/allocator.yaml", yaml);

    private void Sum() => Shell(
        "cd release && find . -type f ! -name SHA256SUMS | sed 's,^./,,' "
        + "| xargs sha256sum >../SUMS "
        + "&& mv ../SUMS SHA256SUMS");

    private Task<ScriptResult> Install(params string[] options) =>
        Script.Run(_folder["release/ec2/install"], ["--root", _folder["root"], .. options]);

    private async Task Refuses(string reason)
    {
        ScriptResult result = await Install();
        Assert.Equal(1, result.Code);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    private string Shell(string command)
    {
        var start = new ProcessStartInfo("bash", ["-c", command])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
        };
        using Process shell = Process.Start(start)!;
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return output;
    }
}
