using System.Net;
using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Tests.Settings;

public sealed class SettingsTests : IDisposable
{
    private const string Arn =
        "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    private static readonly string[] Required = ["--data", "d", "--enclave", "unix:/e"];

    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(
            _file, "[gateway]\ncells-max = 1\nentry-max-bytes = 2\nqueue-max = 3\n[other]\nx = 1\n");
        GatewaySettings settings = Read(
            [.. Required, "--config", _file, "--cells-max=10"],
            new() { ["SEQUENCER_GATEWAY_CELLS_MAX"] = "5", ["SEQUENCER_GATEWAY_ENTRY_MAX_BYTES"] = "6" });
        Assert.Equal(10u, settings.Log.CellsMax);
        Assert.Equal(6, settings.EntryMaxBytes);
        Assert.Equal(3, settings.QueueMax);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 5000), settings.Listen);
        Assert.Null(settings.EnclaveCommand);
    }

    [Fact]
    public void The_sample_file_is_valid_and_changes_no_default()
    {
        GatewaySettings sample = Read(["--config", SamplePath()], []);
        GatewaySettings defaults = Read(["--data", "data", "--enclave", "unix:enclave.sock"], []);
        Assert.Equal(
            defaults with { Log = sample.Log, Enclave = sample.Enclave }, sample);
        Assert.Equal(defaults.Log.Text, sample.Log.Text);
        Assert.Equal(defaults.Enclave.ToString(), sample.Enclave.ToString());
    }

    [Theory]
    [InlineData("--listen http://0.0.0.0:5000", "not a loopback address")]
    [InlineData("--listen http://[::]:5000", "not a loopback address")]
    [InlineData("--listen https://127.0.0.1:5000", "https takes tls-certificate")]
    [InlineData("--listen https://0.0.0.0:5000 --keys k", "that takes https, with tls-certificate")]
    [InlineData("--listen https://0.0.0.0:5000 --tls-certificate c --tls-key k", "and keys or jwt-keys")]
    [InlineData("--listen http://0.0.0.0:5000 --tls-certificate c --tls-key k --keys k", "that takes https")]
    [InlineData("--tls-certificate c --tls-key k", "and they take https")]
    [InlineData("--tls-certificate c", "go together")]
    [InlineData("--jwt-issuer i", "without jwt-keys")]
    [InlineData("--jwt-audience i", "without jwt-keys")]
    [InlineData("--tenant-bytes-per-second -1", "an integer from 0")]
    [InlineData("--cors-origins *", "* is none")]
    [InlineData("--cors-origins https://app.example/", "--cors-origins: origins")]
    [InlineData("--cors-origins https://App.example", "--cors-origins: origins")]
    [InlineData("--cors-origins https://app.example:443", "--cors-origins: origins")]
    [InlineData("--cors-origins null", "--cors-origins: origins")]
    [InlineData("--listen http://example.com", "--listen: a URL")]
    [InlineData("--enclave-timeout-seconds 0", "an integer from 1")]
    [InlineData("--enclave-connect-seconds 0", "an integer from 1")]
    [InlineData("--enclave-keep-alive-seconds 3601", "an integer from 1")]
    [InlineData("--cells-max 100000001", "an integer from 1")]
    [InlineData("--identity-key alias/sequencer --kms-pipe vsock:5006", "a key's full ARN")]
    [InlineData("--kms-pipe vsock:5006", "--identity-key: a key's full ARN")]
    [InlineData($"--identity-key {Arn}", "--kms-pipe: vsock:PORT or unix:PATH")]
    [InlineData($"--identity-key {Arn} --kms-pipe vsock:5006", "an enclave at vsock:CID:PORT")]
    [InlineData("--connections-max 0", "an integer from 1")]
    [InlineData("--queue-max-bytes 16777215", "an integer from 16777216")]
    [InlineData("--entry-max-bytes 20000000 --queue-max-bytes 40065535", "an integer from 40065536")]
    [InlineData("--origin a+b", "--origin:")]
    [InlineData("--log-format xml", "--log-format: text or json")]
    [InlineData("--log-level 3", "--log-level: debug,")]
    [InlineData("--log-requests none", "--log-requests: debug,")]
    [InlineData("--otlp-endpoint 127.0.0.1:4318", "--otlp-endpoint: a URL")]
    [InlineData("--otlp-endpoint http://u:p@127.0.0.1/", "without user")]
    [InlineData("--shutdown-seconds 0", "an integer from 1")]
    [InlineData("--colour red", "not a setting")]
    [InlineData("--queue-max", "needs a value")]
    [InlineData("--data twice", "twice")]
    [InlineData("stray", "not a setting")]
    public void A_wrong_setting_is_refused_with_one_line(string flags, string part)
    {
        Assert.False(SettingsReader.TryRead(
            [.. Required, .. flags.Split(' ')], _ => null, out GatewaySettings? settings, out string fault));
        Assert.Null(settings);
        Assert.Contains(part, fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    [Fact]
    public void The_settings_are_printed_as_a_file_that_says_where_each_is_from()
    {
        File.WriteAllText(_file, "[gateway]\nqueue-max = 3_000\n");
        string[] flags =
            [.. Required, "--config", _file, "--enclave-command", "a \"b\" \\c", "--print-config"];
        Assert.True(SettingsReader.TryPrint(
            flags,
            name => name == "SEQUENCER_GATEWAY_CELLS_MAX" ? "7" : null,
            out string text,
            out string fault), fault);
        string[] lines = text.Split('\n');
        Assert.Equal("[gateway]", lines[0]);
        Assert.Equal(SettingTable.All.Count + 2, lines.Length);
        Assert.Contains("data = \"d\"  # --data", lines);
        Assert.Contains("cells-max = 7  # SEQUENCER_GATEWAY_CELLS_MAX", lines);
        Assert.Contains($"queue-max = 3000  # {_file}, line 2: queue-max", lines);
        Assert.Contains("batch-max-bytes = 16777216  # default", lines);
        Assert.Contains("# otlp-endpoint = \"\"  # default", lines);

        GatewaySettings direct = Read(
            [.. flags.Where(flag => flag != "--print-config")],
            new() { ["SEQUENCER_GATEWAY_CELLS_MAX"] = "7" });
        File.WriteAllText(_file, text);
        GatewaySettings again = Read(["--config", _file], []);
        Assert.Equal("a \"b\" \\c", again.EnclaveCommand);
        Assert.Equal(
            direct with { Log = again.Log, Enclave = again.Enclave, Witnesses = again.Witnesses },
            again);
        Assert.Equal(direct.Log.Text, again.Log.Text);
    }

    [Fact]
    public void A_variable_that_is_no_setting_is_found()
    {
        Assert.Null(SettingSources.FindUnknown(["PATH", "SEQUENCER_URL", "SEQUENCER_GATEWAY_DATA"]));
        Assert.Equal(
            "SEQUENCER_GATEWAY_DATUM", SettingSources.FindUnknown(["PATH", "SEQUENCER_GATEWAY_DATUM"]));
    }

    [Fact]
    public void The_sample_file_has_every_setting()
    {
        string sample = File.ReadAllText(SamplePath());
        foreach (Setting setting in SettingTable.All)
        {
            Assert.Matches($"(?m)^(# )?{setting.Name} = ", sample);
        }
    }

    [Theory]
    [InlineData("--keys k")]
    [InlineData("--jwt-keys k --jwt-issuer i --jwt-audience a")]
    public void Keys_and_tls_open_other_addresses(string flags)
    {
        GatewaySettings settings = Read(
            [
                .. Required, "--listen", "https://0.0.0.0:8443", "--tls-certificate", "c", "--tls-key",
                "k", "--cors-origins", "https://a.example http://b.example:81", .. flags.Split(' '),
            ],
            []);
        Assert.Equal(new IPEndPoint(IPAddress.Any, 8443), settings.Listen);
        Assert.Equal(new TlsSettings("c", "k"), settings.Access.Tls);
        Assert.True(settings.Access.IsOn);
        Assert.Equal(["https://a.example", "http://b.example:81"], [.. settings.Access.CorsOrigins]);
    }

    [Theory]
    [InlineData("--key=seqk_marker")]
    [InlineData("seqk_marker")]
    [InlineData("--tls-key seqk_marker")]
    public void A_refusal_does_not_repeat_what_may_be_a_secret(string flags)
    {
        Assert.False(SettingsReader.TryRead(
            [.. Required, .. flags.Split(' ')], _ => null, out _, out string fault));
        Assert.DoesNotContain("marker", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "--enclave is required")]
    [InlineData("16:5005", "--enclave is 16:5005: it begins with none of vsock:, unix: and")]
    [InlineData("vsock:2:5005", "--enclave is vsock:2:5005: the CID 2 is not a number")]
    public void A_wrong_endpoint_is_refused_and_says_what_is_asked_for(string text, string part)
    {
        Assert.False(SettingsReader.TryRead(
            ["--data", "d", "--enclave", text], _ => null, out _, out string fault));
        Assert.Contains(part, fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    [Theory]
    [InlineData("[gateway]\nqueue = 1", "line 2")]
    [InlineData("[gateway]\nqueue-max = true", "line 2")]
    [InlineData("[gateway]\nqueue-max = 0", "line 2")]
    [InlineData("[gateway", "line 1")]
    public void A_wrong_file_is_refused_with_its_line(string text, string part)
    {
        File.WriteAllText(_file, text);
        Assert.False(SettingsReader.TryRead(
            [.. Required, "--config", _file], _ => null, out _, out string fault));
        Assert.Contains(part, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_and_document_name_every_setting()
    {
        string document = File.ReadAllText(
            Path.Combine(Path.GetDirectoryName(SamplePath())!, "..", "docs", "OPERATING.md"));
        string help = SettingTable.Help();
        foreach (Setting setting in SettingTable.All)
        {
            Assert.Contains($"--{setting.Name} ", help, StringComparison.Ordinal);
            Assert.Contains(
                $"`--{setting.Name} {setting.Value}`", document, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_pipe_leads_to_the_KMS_of_the_identity_s_key()
    {
        string[] enclave = ["--data", "d", "--enclave", "vsock:16:5005"];
        GatewaySettings settings = Read(
            [.. enclave, "--identity-key", Arn, "--kms-pipe", "vsock:5006"], []);
        Assert.Equal(Arn, settings.Log.IdentityKey!.Text);
        Assert.Equal("vsock:5006", $"{settings.KmsPipe!.Address}");
        Assert.Equal(new DnsEndPoint("kms.eu-west-1.amazonaws.com", 443), settings.KmsPipe.Kms);
        // And from that enclave alone; a UNIX socket is guarded by its file.
        Assert.Equal(16u, settings.KmsPipe.EnclaveCid);
        Assert.Null(Read(
            [.. enclave, "--identity-key", Arn, "--kms-pipe", "unix:/p"], []).KmsPipe!.EnclaveCid);
        Assert.Null(Read(Required, []).KmsPipe);
        Assert.Null(Read(Required, []).Log.IdentityKey);
    }

    [Theory]
    [InlineData("witness w0 {0} http://w0.example/\nquorum w0\n", "")]
    [InlineData("witness w0 {0} http://w0.example/\nquorum none\n", "names no quorum")]
    [InlineData("witness w0 {0}\nquorum w0\n", "gives witness w0 no http or https address")]
    [InlineData("witness w0 {0} http://w0.example/\nquorum w1\n", "line 2")]
    public void A_witness_policy_becomes_part_of_the_log(string policy, string fault)
    {
        // An Ed25519 base point: any key will do, since nothing is signed.
        byte[] point = [0x58, .. Enumerable.Repeat((byte)0x66, 31)];
        Assert.True(VerifierKey.TryCreate(
            "w.example", NoteSignatureType.Cosignature, point, out VerifierKey? key, out _));
        File.WriteAllText(_file, policy.Replace("{0}", $"{key}", StringComparison.Ordinal));
        bool isRead = SettingsReader.TryRead(
            [.. Required, "--witness-policy", _file, "--witness-seconds-max", "60"], _ => null,
            out GatewaySettings? settings, out string told);
        Assert.Equal(fault.Length == 0, isRead);
        Assert.Contains(fault, told, StringComparison.Ordinal);
        if (settings is null) return;
        Assert.Equal(60u, settings.Log.Witnesses?.SecondsMax);
        Assert.Equal(key, settings.Log.Witnesses?.Policy.Witnesses[0].Key);
        Assert.Equal("w0.example", settings.Witnesses.Witnesses[0].Url?.Host);
    }

    public void Dispose() => File.Delete(_file);

    private static GatewaySettings Read(string[] arguments, Dictionary<string, string> variables)
    {
        Assert.True(
            SettingsReader.TryRead(
                arguments, variables.GetValueOrDefault, out GatewaySettings? settings, out string fault),
            fault);
        return settings!;
    }

    private static string SamplePath()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            string path = Path.Combine(at, "setup", "sample.toml");
            if (File.Exists(path)) return path;
        }
        throw new FileNotFoundException("setup/sample.toml");
    }
}
