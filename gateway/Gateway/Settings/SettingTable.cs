using System.Globalization;
using System.Text;

namespace Sequencer.Gateway.Settings;

/// <summary>A setting as the operator sees it.</summary>
/// <param name="Name">Name of the flag, and the key under <c>[gateway]</c> in the file.</param>
/// <param name="Default">What counts when nobody sets it; null where there is none.</param>
/// <param name="Value">What stands for the value in the help text.</param>
/// <param name="Meaning">One line.</param>
internal sealed record Setting(string Name, string? Default, string Value, string Meaning)
{
    /// <summary>Name of the environment variable.</summary>
    public string Variable =>
        "SEQUENCER_GATEWAY_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>True if the value is a number.</summary>
    public bool IsNumber => Value == "N";
}

/// <summary>All settings: the one list that flags, variables, file, help and document follow.
/// </summary>
internal static class SettingTable
{
    public static readonly Setting Data = new(
        "data", null, "DIR", "Data directory; made if it is not there.");

    public static readonly Setting Listen = new(
        "listen", "http://127.0.0.1:5000", "URL",
        "Where to serve; anywhere but on loopback with https, keys and TLS.");

    public static readonly Setting Enclave = new(
        "enclave", null, "ENDPOINT",
        "Where the enclave listens: vsock:CID:PORT, unix:PATH or hybrid:PATH:PORT.");

    public static readonly Setting EnclaveCommand = new(
        "enclave-command", "", "COMMAND", "Starts a simulated enclave and restarts it (development).");

    public static readonly Setting EnclaveTimeout = new(
        "enclave-timeout-seconds", "30", "N", "An enclave that stalls for longer is lost.");

    public static readonly Setting EnclaveConnect = new(
        "enclave-connect-seconds", "5", "N", "A connection that takes longer has failed.");

    public static readonly Setting EnclaveKeepAlive = new(
        "enclave-keep-alive-seconds", "10", "N",
        "An enclave silent for so long is asked for a sign of life.");

    public static readonly Setting Origin = new(
        "origin", "sequencer.localhost/log", "NAME", "Origin of a new log: a URL without scheme.");

    public static readonly Setting CellsMax = new(
        "cells-max", "1000000", "N", "Most streams in a new log.");

    public static readonly Setting IdempotencyWindow = new(
        "idempotency-window", "1000000", "N", "Numbers for which a new log remembers a key.");

    public static readonly Setting IdentityKey = new(
        "identity-key", "", "ARN",
        "AWS KMS key under which a new log's stable identity is sealed; none by default.");

    public static readonly Setting KmsPipe = new(
        "kms-pipe", "", "ENDPOINT",
        "The enclave's way to the KMS of identity-key begins at vsock:PORT or unix:PATH.");

    public static readonly Setting WitnessPolicy = new(
        "witness-policy", "", "FILE",
        "C2SP tlog-policy with addresses: the witnesses of a new log.");

    public static readonly Setting WitnessNumbersMax = new(
        "witness-numbers-max", "1000000", "N",
        "Most numbers that a new log runs ahead of its witnesses.");

    public static readonly Setting WitnessSecondsMax = new(
        "witness-seconds-max", "600", "N",
        "Seconds for which a new log goes on without its witnesses.");

    public static readonly Setting WitnessTimeout = new(
        "witness-timeout-seconds", "10", "N", "A witness that takes longer gave no answer.");

    public static readonly Setting WitnessInterval = new(
        "witness-interval-milliseconds", "250", "N", "Pause between two heads for the witnesses.");

    public static readonly Setting EntryMaxBytes = new(
        "entry-max-bytes", "1048576", "N", "Longest payload.");

    public static readonly Setting BatchMaxBytes = new(
        "batch-max-bytes", "16777216", "N", "Longest body of a batch.");

    public static readonly Setting QueueMax = new(
        "queue-max", "16384", "N", "Most requests that wait; above it 429.");

    public static readonly Setting QueueMaxBytes = new(
        "queue-max-bytes", "268435456", "N", "Most bytes that arrive or wait; above it 429.");

    public static readonly Setting AnswersMaxBytes = new(
        "answers-max-bytes", "268435456", "N",
        "Most bytes of large answers on their way; above it 429.");

    public static readonly Setting DiskFreeMinBytes = new(
        "disk-free-min-bytes", "536870912", "N",
        "Entries that would leave less free on the disk: 507; 0 for no watch.");

    public static readonly Setting SnapshotRecords = new(
        "snapshot-records", "1000000", "N",
        "Records from one snapshot to the next, after which a restart begins; 0 for none.");

    public static readonly Setting ConnectionsMax = new(
        "connections-max", "4096", "N", "Most connections at once; those above it are closed.");

    public static readonly Setting SubscribersMax = new(
        "subscribers-max", "2048", "N",
        "Most subscriptions and waiting reads at once; above it 429.");

    public static readonly Setting SubscriberStall = new(
        "subscriber-stall-seconds", "30", "N", "A subscriber that takes nothing for so long is ended.");

    public static readonly Setting SubscriberHeartbeat = new(
        "subscriber-heartbeat-seconds", "15", "N", "A silent subscription sends a sign of life.");

    public static readonly Setting TlsCertificate = new(
        "tls-certificate", "", "FILE", "PEM: the certificate, and what it is issued by after it.");

    public static readonly Setting TlsKey = new(
        "tls-key", "", "FILE", "PEM: the certificate's private key, not encrypted.");

    public static readonly Setting Keys = new(
        "keys", "", "FILE", "Keys of those who may call; sequencer keys new makes them.");

    public static readonly Setting JwtKeys = new(
        "jwt-keys", "", "FILE", "PEM: public keys of those who sign tokens (RS256, ES256).");

    public static readonly Setting JwtIssuer = new(
        "jwt-issuer", "", "TEXT", "What a token's iss has to be.");

    public static readonly Setting JwtAudience = new(
        "jwt-audience", "", "TEXT", "What has to be in a token's aud.");

    public static readonly Setting TenantRequestsPerSecond = new(
        "tenant-requests-per-second", "0", "N", "Most requests of a tenant; 0 for no limit.");

    public static readonly Setting TenantBytesPerSecond = new(
        "tenant-bytes-per-second", "0", "N", "Most bytes of a tenant's bodies; 0 for no limit.");

    public static readonly Setting TenantStreamsMax = new(
        "tenant-streams-max", "0", "N", "Most streams of a tenant; 0 for no limit.");

    public static readonly Setting TenantSubscribersMax = new(
        "tenant-subscribers-max", "0", "N",
        "Most subscriptions and waiting reads of a tenant at once; 0 for no limit.");

    public static readonly Setting CorsOrigins = new(
        "cors-origins", "", "LIST", "Origins, with spaces between, whose pages may read answers.");

    public static readonly Setting ShutdownSeconds = new(
        "shutdown-seconds", "30", "N", "Time to finish what has arrived when asked to end.");

    public static readonly Setting LogFormat = new(
        "log-format", "text", "FORM", "text or json: what a line of the log looks like.");

    public static readonly Setting LogLevel = new(
        "log-level", "information", "LEVEL",
        "debug, information, warning, error or critical: the lowest that is written.");

    public static readonly Setting LogRequests = new(
        "log-requests", "debug", "LEVEL", "Level of a line for each request.");

    public static readonly Setting OtlpEndpoint = new(
        "otlp-endpoint", "", "URL", "Sends traces there, as OTLP over HTTP; none by default.");

    /// <summary>All of them, in the order of the help text.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        Data, Listen, TlsCertificate, TlsKey, Keys, JwtKeys, JwtIssuer, JwtAudience,
        TenantRequestsPerSecond, TenantBytesPerSecond, TenantStreamsMax, TenantSubscribersMax,
        CorsOrigins,
        Enclave, EnclaveCommand, EnclaveConnect, EnclaveKeepAlive, EnclaveTimeout,
        Origin, CellsMax, IdempotencyWindow, IdentityKey, KmsPipe,
        WitnessPolicy, WitnessNumbersMax, WitnessSecondsMax,
        WitnessTimeout, WitnessInterval, EntryMaxBytes, BatchMaxBytes, QueueMax, QueueMaxBytes,
        AnswersMaxBytes,
        DiskFreeMinBytes, SnapshotRecords, ConnectionsMax, SubscribersMax, SubscriberStall,
        SubscriberHeartbeat, ShutdownSeconds, LogFormat, LogLevel, LogRequests, OtlpEndpoint,
    ];

    /// <summary>What <c>--help</c> prints.</summary>
    public static string Help()
    {
        var text = new StringBuilder(
            """
            The gateway of a sequencer: takes entries over HTTP, has an enclave number and sign them,
            and keeps the log.

              Sequencer.Gateway --data DIR --enclave vsock:CID:PORT [settings]

            Try it, with a simulated enclave that the gateway starts:

              Sequencer.Gateway --data log --enclave unix:enclave.sock --enclave-command \
                "Sequencer.Enclave.Simulated --socket enclave.sock --root-directory root"
              curl -H 'Content-Type: text/plain' --data-binary hello http://127.0.0.1:5000/v1/entries

            Settings, as flags; or as SEQUENCER_GATEWAY_NAME in the environment; or in a TOML file, under
            [gateway]. A flag wins over the environment, and that over the file.


            """);
        text.Append(CultureInfo.InvariantCulture, $"  {"--config FILE",-36}The TOML file.\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"  {SettingsReader.PrintFlag,-36}Prints what all settings come to, and from where.\n");
        foreach (Setting setting in All)
        {
            string fallback = string.IsNullOrEmpty(setting.Default) ? "" : $" [{setting.Default}]";
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {$"--{setting.Name} {setting.Value}",-36}{setting.Meaning}{fallback}\n");
        }
        return text.Append(
            """

            The enclave's endpoint: vsock:CID:PORT is an enclave of this EC2 instance (CID as in
            nitro-cli describe-enclaves; 5005 is Sequencer's port), unix:PATH a simulated one, and
            hybrid:PATH:PORT one in a virtual machine whose monitor listens at PATH (Firecracker,
            Cloud Hypervisor, vhost-device-vsock).

            origin, cells-max, idempotency-window, identity-key, the keys and the quorum of
            witness-policy, and witness-numbers-max and witness-seconds-max are fixed for ever when a
            log is made; later values are ignored with a warning. The addresses of witnesses are always
            those of the file. docs/OPERATING.md says more.

            """).ToString();
    }
}
