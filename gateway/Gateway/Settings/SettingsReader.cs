using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Settings;

/// <summary>Checks what was said of the settings.</summary>
internal sealed class SettingsReader(SettingSources sources)
{
    /// <summary>Asks for what the settings come to, in the place of a gateway.</summary>
    public const string PrintFlag = "--print-config";

    private const int HttpsPort = 443;

    /// <summary>
    /// Reads all sources; false with one line for the operator when something is wrong.
    /// </summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="variable">The environment.</param>
    /// <param name="settings">What was chosen.</param>
    /// <param name="fault">What is wrong.</param>
    public static bool TryRead(
        IReadOnlyList<string> arguments,
        Func<string, string?> variable,
        [NotNullWhen(true)] out GatewaySettings? settings,
        out string fault)
    {
        settings = null;
        return SettingSources.TryGather(arguments, variable, out SettingSources sources, out fault)
            && new SettingsReader(sources).TryBuild(out settings, out fault);
    }

    /// <summary>
    /// What all settings come to, as a TOML file that says of each where it is from; false with one
    /// line when something is wrong. None of them is a secret: keys are in files that they name.
    /// </summary>
    public static bool TryPrint(
        IReadOnlyList<string> arguments,
        Func<string, string?> variable,
        out string text,
        out string fault)
    {
        text = "";
        string[] rest = [.. arguments.Where(argument => argument != PrintFlag)];
        if (!SettingSources.TryGather(rest, variable, out SettingSources sources, out fault)
            || !new SettingsReader(sources).TryBuild(out _, out fault))
        {
            return false;
        }
        var lines = new StringBuilder("[gateway]\n");
        foreach (Setting setting in SettingTable.All)
        {
            string value = sources.Text(setting);
            if (value.Length == 0) lines.Append("# ");
            string source = sources.Find(setting) ?? "default";
            lines.Append(
                CultureInfo.InvariantCulture,
                $"{setting.Name} = {(setting.IsNumber ? value : Quote(value))}  # {source}\n");
        }
        text = lines.ToString();
        return true;
    }

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private bool TryBuild([NotNullWhen(true)] out GatewaySettings? settings, out string fault)
    {
        settings = null;
        string data = Text(SettingTable.Data);
        fault = "--data DIR is required: where the log is kept.";
        if (data.Length == 0) return false;
        if (!TryReadEnclave(out EnclaveEndpoint? enclave, out fault)) return false;
        if (!TryReadAccess(out AccessSettings? access, out fault)) return false;
        if (!TryReadListen(access, out IPEndPoint? listen, out fault)) return false;
        if (!TryReadTimes(out LinkTimes? times, out fault)) return false;
        if (!TryReadNumber(SettingTable.CellsMax, 1, Limits.ConfigurationNumberMax, out long cells, out fault))
        {
            return false;
        }
        if (!TryReadNumber(
            SettingTable.IdempotencyWindow, 1, Limits.ConfigurationNumberMax, out long window, out fault))
        {
            return false;
        }
        fault = $"{Source(SettingTable.Origin)}: 1 to 255 characters of A-Z a-z 0-9 - . _ ~ / :";
        if (!LogConfiguration.IsOrigin(Text(SettingTable.Origin))) return false;
        if (!TryReadWitnesses(
            out WitnessSettings? witnesses, out WitnessRequirement? required, out fault))
        {
            return false;
        }
        if (!TryReadIdentity(
            enclave, out KmsKeyArn? identityKey, out KmsPipeSettings? pipe, out fault))
        {
            return false;
        }
        fault = $"{Source(SettingTable.WitnessPolicy)}: more than a log's configuration can hold.";
        if (!LogConfiguration.TryCreate(
            Text(SettingTable.Origin), (uint)cells, (uint)window, identityKey, required,
            out LogConfiguration? log))
        {
            return false;
        }
        const int mebibyte = 1024 * 1024;
        if (!TryReadNumber(SettingTable.EntryMaxBytes, 1, 256 * mebibyte, out long entry, out fault)) return false;
        if (!TryReadNumber(SettingTable.BatchMaxBytes, 1, 512 * mebibyte, out long batch, out fault)) return false;
        if (!TryReadNumber(SettingTable.QueueMax, 1, mebibyte, out long queue, out fault))
        {
            return false;
        }
        // Or the longest body could never come in.
        long body = new EdgeLimits((int)entry, (int)batch).BodyMaxBytes;
        if (!TryReadNumber(SettingTable.QueueMaxBytes, body, long.MaxValue, out long bytes, out fault))
        {
            return false;
        }
        if (!TryReadNumber(
                SettingTable.AnswersMaxBytes, mebibyte, long.MaxValue, out long answers, out fault))
        {
            return false;
        }
        if (!TryReadNumber(SettingTable.DiskFreeMinBytes, 0, long.MaxValue, out long free, out fault))
        {
            return false;
        }
        if (!TryReadNumber(SettingTable.SnapshotRecords, 0, long.MaxValue, out long snapshot, out fault))
        {
            return false;
        }
        if (!TryReadNumber(SettingTable.ConnectionsMax, 1, mebibyte, out long connections, out fault))
        {
            return false;
        }
        if (!TryReadSubscribers(out SubscriberSettings? subscribers, out fault)) return false;
        if (!TryReadNumber(SettingTable.ShutdownSeconds, 1, 3600, out long shutdown, out fault))
        {
            return false;
        }
        if (!TryReadLogging(out LogSettings? logging, out fault)) return false;
        if (!TryReadOtlp(out Uri? otlp, out fault)) return false;
        string command = Text(SettingTable.EnclaveCommand);
        settings = new GatewaySettings
        {
            DataDirectory = data,
            Listen = listen,
            Access = access,
            Enclave = enclave,
            EnclaveCommand = command.Length > 0 ? command : null,
            EnclaveTimes = times,
            Log = log,
            KmsPipe = pipe,
            Witnesses = witnesses,
            EntryMaxBytes = (int)entry,
            BatchMaxBytes = (int)batch,
            QueueMax = (int)queue,
            QueueMaxBytes = bytes,
            AnswersMaxBytes = answers,
            DiskFreeMinBytes = free,
            SnapshotRecords = (ulong)snapshot,
            ConnectionsMax = (int)connections,
            Subscribers = subscribers,
            ShutdownTimeout = TimeSpan.FromSeconds(shutdown),
            Logging = logging,
            OtlpEndpoint = otlp,
        };
        return true;
    }

    private bool TryReadLogging([NotNullWhen(true)] out LogSettings? logging, out string fault)
    {
        logging = null;
        string form = Text(SettingTable.LogFormat);
        fault = $"{Source(SettingTable.LogFormat)}: text or json is asked for.";
        if (form is not ("text" or "json")) return false;
        if (!TryReadLevel(SettingTable.LogLevel, out LogLevel level, out fault)
            || !TryReadLevel(SettingTable.LogRequests, out LogLevel requests, out fault))
        {
            return false;
        }
        logging = new LogSettings(form == "json", level, requests);
        return true;
    }

    private bool TryReadLevel(Setting setting, out LogLevel level, out string fault)
    {
        fault = $"{Source(setting)}: debug, information, warning, error or critical is asked for.";
        level = Text(setting) switch
        {
            "debug" => LogLevel.Debug,
            "information" => LogLevel.Information,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "critical" => LogLevel.Critical,
            _ => LogLevel.None,
        };
        return level != LogLevel.None;
    }

    // Without user or query: neither belongs into what --print-config shows. A collector that asks
    // for a key gets it from the exporter's own variable, OTEL_EXPORTER_OTLP_HEADERS.
    private bool TryReadOtlp(out Uri? endpoint, out string fault)
    {
        endpoint = null;
        string text = Text(SettingTable.OtlpEndpoint);
        fault = "";
        if (text.Length == 0) return true;
        fault = $"{Source(SettingTable.OtlpEndpoint)}: a URL such as http://127.0.0.1:4318 is asked "
            + "for, without user and query.";
        return Uri.TryCreate(text, UriKind.Absolute, out endpoint)
            && endpoint.Scheme is "http" or "https"
            && endpoint.UserInfo.Length == 0 && endpoint.Query.Length == 0;
    }

    // The pipe leads from the enclave to where the key is, and nowhere else.
    private bool TryReadIdentity(
        EnclaveEndpoint enclave, out KmsKeyArn? key, out KmsPipeSettings? pipe, out string fault)
    {
        (key, pipe, fault) = (null, null, "");
        string arn = Text(SettingTable.IdentityKey);
        string at = Text(SettingTable.KmsPipe);
        if (arn.Length == 0 && at.Length == 0) return true;
        fault = $"{Source(SettingTable.IdentityKey)}: a key's full ARN is asked for, "
            + "arn:aws:kms:REGION:ACCOUNT:key/ID.";
        if (!KmsKeyArn.TryParse(arn, out key)) return false;
        fault = $"{Source(SettingTable.KmsPipe)}: {PipeAddress.Forms} is asked for.";
        if (!PipeAddress.TryParse(at, out PipeAddress? address)) return false;
        fault = $"{Source(SettingTable.KmsPipe)}: vsock:PORT is for an enclave at vsock:CID:PORT, "
            + "whose connections are known by its CID; unix:PATH is for any other.";
        if (address.IsVsock && enclave.Cid is null) return false;
        pipe = new KmsPipeSettings(
            address,
            new DnsEndPoint(key.HostName, HttpsPort),
            address.IsVsock ? enclave.Cid : null);
        return true;
    }

    private bool TryReadWitnesses(
        [NotNullWhen(true)] out WitnessSettings? witnesses,
        out WitnessRequirement? required,
        out string fault)
    {
        const int hour = 3600;
        (witnesses, required) = (null, null);
        // From so many on, whatever fits a batch fits between a head and its witnesses.
        if (!TryReadNumber(
                SettingTable.WitnessNumbersMax, Batch.EntriesMax, Limits.ConfigurationNumberMax,
                out long numbers, out fault)
            || !TryReadNumber(
                SettingTable.WitnessSecondsMax, 1, WitnessRequirement.SecondsMaxLimit,
                out long seconds, out fault)
            || !TryReadNumber(SettingTable.WitnessTimeout, 1, hour, out long timeout, out fault)
            || !TryReadNumber(SettingTable.WitnessInterval, 1, hour * 1000, out long pause, out fault))
        {
            return false;
        }
        witnesses = new WitnessSettings(
            [], TimeSpan.FromSeconds(timeout), TimeSpan.FromMilliseconds(pause));
        string path = Text(SettingTable.WitnessPolicy);
        if (path.Length == 0) return true;
        if (!TryReadPolicy(path, out WitnessPolicy? policy, out fault)) return false;
        witnesses = witnesses with { Witnesses = policy.Witnesses };
        fault = $"{Source(SettingTable.WitnessPolicy)}: {path} names no quorum, or is not ASCII.";
        return WitnessRequirement.TryCreate(policy, (uint)numbers, (uint)seconds, out required);
    }

    private bool TryReadPolicy(
        string path, [NotNullWhen(true)] out WitnessPolicy? policy, out string fault)
    {
        policy = null;
        fault = "";
        try
        {
            string text = File.ReadAllText(path);
            bool isRead = WitnessPolicy.TryParse(text, out policy, out WitnessPolicyFault wrong);
            fault = $"{Source(SettingTable.WitnessPolicy)}: {path}, {wrong}.";
            if (!isRead) return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault = $"{Source(SettingTable.WitnessPolicy)}: {e.Message}";
            return false;
        }
        PolicyWitness? lost = policy!.Witnesses.FirstOrDefault(
            witness => witness.Url is not { Scheme: "http" or "https" });
        fault = $"{Source(SettingTable.WitnessPolicy)}: {path} gives witness {lost?.Name} no http or "
            + "https address.";
        return lost is null;
    }

    private bool TryReadEnclave(
        [NotNullWhen(true)] out EnclaveEndpoint? enclave, out string fault)
    {
        enclave = null;
        string text = Text(SettingTable.Enclave);
        fault = $"--enclave is required: {EnclaveEndpoint.Forms}.";
        if (text.Length == 0) return false;
        bool isRead = EnclaveEndpoint.TryParse(text, out enclave, out string wrong);
        fault = $"{Source(SettingTable.Enclave)} is {text}: {wrong}.";
        return isRead;
    }

    private bool TryReadTimes([NotNullWhen(true)] out LinkTimes? times, out string fault)
    {
        times = null;
        const int hour = 3600;
        if (!TryReadNumber(SettingTable.EnclaveConnect, 1, hour, out long connect, out fault)
            || !TryReadNumber(SettingTable.EnclaveTimeout, 1, hour, out long stall, out fault)
            || !TryReadNumber(SettingTable.EnclaveKeepAlive, 1, hour, out long silence, out fault))
        {
            return false;
        }
        times = new LinkTimes(
            TimeSpan.FromSeconds(connect),
            TimeSpan.FromSeconds(stall),
            TimeSpan.FromSeconds(silence));
        return true;
    }

    private bool TryReadSubscribers(
        [NotNullWhen(true)] out SubscriberSettings? subscribers, out string fault)
    {
        subscribers = null;
        const int hour = 3600;
        if (!TryReadNumber(SettingTable.SubscribersMax, 1, 1024 * 1024, out long max, out fault)
            || !TryReadNumber(SettingTable.SubscriberStall, 1, hour, out long stall, out fault)
            || !TryReadNumber(SettingTable.SubscriberHeartbeat, 1, hour, out long beat, out fault))
        {
            return false;
        }
        subscribers = new SubscriberSettings
        {
            Max = (int)max,
            Stall = TimeSpan.FromSeconds(stall),
            Heartbeat = TimeSpan.FromSeconds(beat),
        };
        return true;
    }

    private bool TryReadAccess(
        [NotNullWhen(true)] out AccessSettings? access, out string fault)
    {
        access = null;
        if (!TryReadNumber(
                SettingTable.TenantRequestsPerSecond, 0, KeyFile.LimitMax, out long requests, out fault)
            || !TryReadNumber(
                SettingTable.TenantBytesPerSecond, 0, KeyFile.LimitMax, out long bytes, out fault)
            || !TryReadNumber(
                SettingTable.TenantStreamsMax, 0, KeyFile.LimitMax, out long streams, out fault)
            || !TryReadNumber(
                SettingTable.TenantSubscribersMax, 0, KeyFile.LimitMax, out long subscribers,
                out fault))
        {
            return false;
        }
        fault = $"{Source(SettingTable.TlsCertificate)}: tls-certificate and tls-key go together.";
        string certificate = Text(SettingTable.TlsCertificate), key = Text(SettingTable.TlsKey);
        if ((certificate.Length == 0) != (key.Length == 0)) return false;
        string tokenKeys = Text(SettingTable.JwtKeys);
        foreach (Setting setting in (Setting[])[SettingTable.JwtIssuer, SettingTable.JwtAudience])
        {
            fault = $"{Source(setting)}: says nothing without jwt-keys.";
            if (tokenKeys.Length == 0 && Text(setting).Length > 0) return false;
        }
        string[] origins = Text(SettingTable.CorsOrigins)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        fault = $"{Source(SettingTable.CorsOrigins)}: origins such as https://app.example, in lower "
            + "case and without a path, with spaces between; * is none.";
        if (!origins.All(IsOrigin)) return false;
        access = new AccessSettings
        {
            KeysPath = Chosen(SettingTable.Keys),
            TokenKeysPath = Chosen(SettingTable.JwtKeys),
            TokenIssuer = Chosen(SettingTable.JwtIssuer),
            TokenAudience = Chosen(SettingTable.JwtAudience),
            Limits = new TenantLimits(requests, bytes)
            {
                StreamsMax = streams,
                SubscribersMax = subscribers,
            },
            CorsOrigins = [.. origins],
            Tls = key.Length > 0 ? new TlsSettings(certificate, key) : null,
        };
        return true;
    }

    // As a browser sends it, to the byte.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
        && url.Scheme is "http" or "https"
        && url.GetLeftPart(UriPartial.Authority) == text;

    private bool TryReadListen(
        AccessSettings access, [NotNullWhen(true)] out IPEndPoint? listen, out string fault)
    {
        listen = null;
        string text = Text(SettingTable.Listen);
        fault = $"{Source(SettingTable.Listen)}: a URL such as http://127.0.0.1:5000 is asked for.";
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            || url.Scheme is not ("http" or "https")
            || url.PathAndQuery != "/")
        {
            return false;
        }
        IPAddress? address = url.Host == "localhost" ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(url.Host.Trim('[', ']'), out address))
        {
            return false;
        }
        bool isTls = url.Scheme == "https";
        if (!IPAddress.IsLoopback(address) && !(isTls && access.Tls is not null && access.IsOn))
        {
            fault = $"{Source(SettingTable.Listen)}: {address} is not a loopback address: that takes "
                + "https, with tls-certificate and tls-key, and keys or jwt-keys.";
            return false;
        }
        fault = $"{Source(SettingTable.Listen)}: https takes tls-certificate and tls-key, and they "
            + "take https.";
        if (isTls != access.Tls is not null) return false;
        listen = new IPEndPoint(address, url.Port);
        return true;
    }

    private string? Chosen(Setting setting) => Text(setting) is { Length: > 0 } text ? text : null;

    private bool TryReadNumber(
        Setting setting, long min, long max, out long value, out string fault)
    {
        fault = $"{Source(setting)}: an integer from {min} to {max} is asked for.";
        return long.TryParse(
                Text(setting), NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value >= min && value <= max;
    }

    private string Text(Setting setting) => sources.Text(setting);

    private string Source(Setting setting) => sources.Find(setting) ?? "--" + setting.Name;
}
