using System.Net;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Logging;

namespace Sequencer.Gateway.Settings;

/// <summary>What the operator chose, checked.</summary>
public sealed record GatewaySettings
{
    /// <summary>The data directory.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where to serve HTTP: a loopback address, or one with keys and TLS.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Who may do what, and how connections are protected.</summary>
    public AccessSettings Access { get; init; } = AccessSettings.None;

    /// <summary>Where the enclave listens.</summary>
    public required EnclaveEndpoint Enclave { get; init; }

    /// <summary>Command that starts a simulated enclave; null for one that runs by itself.
    /// </summary>
    public string? EnclaveCommand { get; init; }

    /// <summary>How long the enclave is waited for.</summary>
    public required LinkTimes EnclaveTimes { get; init; }

    /// <summary>Configuration of a log that is yet to be made.</summary>
    public required LogConfiguration Log { get; init; }

    /// <summary>The enclave's way to KMS; null for none.</summary>
    public KmsPipeSettings? KmsPipe { get; init; }

    /// <summary>What an enclave is lent to ask KMS with.</summary>
    public InstanceCredentials Credentials { get; init; } = InstanceCredentials.OfProcess;

    /// <summary>How the log's witnesses are reached.</summary>
    public WitnessSettings Witnesses { get; init; } = WitnessSettings.None;

    /// <summary>Longest payload, in bytes.</summary>
    public required int EntryMaxBytes { get; init; }

    /// <summary>Longest body of a batch, in bytes.</summary>
    public required int BatchMaxBytes { get; init; }

    /// <summary>Most requests in line for the writer.</summary>
    public required int QueueMax { get; init; }

    /// <summary>Most bytes of requests without an answer, those still arriving included.</summary>
    public required long QueueMaxBytes { get; init; }

    /// <summary>Most bytes of large answers on their way.</summary>
    public long AnswersMaxBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>What must stay free on the disk, in bytes; 0 for no watch.</summary>
    public required long DiskFreeMinBytes { get; init; }

    /// <summary>Records from one snapshot to the next; 0 for none.</summary>
    public required ulong SnapshotRecords { get; init; }

    /// <summary>Most connections at once.</summary>
    public required int ConnectionsMax { get; init; }

    /// <summary>Whom live reading serves, and how patiently.</summary>
    public SubscriberSettings Subscribers { get; init; } = new();

    /// <summary>How long what has arrived may take when the process is asked to end.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What is written to the console.</summary>
    public LogSettings Logging { get; init; } = LogSettings.Default;

    /// <summary>Where traces go, as OTLP over HTTP; null for none.</summary>
    public Uri? OtlpEndpoint { get; init; }
}
