using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Logging;

/// <summary>
/// The events that operators may rely on: name and id never change (docs/OPERATING.md, "Logs").
/// </summary>
internal static class LogEvents
{
    /// <summary>A line about what was found at a start.</summary>
    public static readonly EventId Recovered = new(1, "recovered");

    /// <summary>The settings differ from what the log was made with.</summary>
    public static readonly EventId OtherConfiguration = new(2, "other-configuration");

    /// <summary>An enclave is attached and its epoch open: entries are taken.</summary>
    public static readonly EventId Ready = new(3, "ready");

    /// <summary>A fault without loss of the enclave is over: entries are taken again.</summary>
    public static readonly EventId Mended = new(4, "mended");

    /// <summary>The process was asked to end.</summary>
    public static readonly EventId Draining = new(5, "draining");

    /// <summary>What had arrived was finished.</summary>
    public static readonly EventId Drained = new(6, "drained");

    /// <summary>The process ends before what had arrived was finished.</summary>
    public static readonly EventId Cut = new(7, "cut");

    /// <summary>A seal was asked for, and no epoch is open.</summary>
    public static readonly EventId NothingToSeal = new(8, "nothing-to-seal");

    /// <summary>A fault of the gateway's own.</summary>
    public static readonly EventId Failed = new(9, "failed");

    /// <summary>The next start takes longer.</summary>
    public static readonly EventId SlowStart = new(10, "slow-start");

    /// <summary>A snapshot's content is on the disk.</summary>
    public static readonly EventId Snapshot = new(11, "snapshot");

    /// <summary>A snapshot could not be used.</summary>
    public static readonly EventId SnapshotUnused = new(12, "snapshot-unused");

    /// <summary>Where an enclave's replay begins.</summary>
    public static readonly EventId Replay = new(13, "replay");

    /// <summary>A witness cosigns again.</summary>
    public static readonly EventId WitnessBack = new(14, "witness-back");

    /// <summary>A witness does not cosign.</summary>
    public static readonly EventId WitnessLost = new(15, "witness-lost");

    /// <summary>A witness knows another history.</summary>
    public static readonly EventId WitnessFork = new(16, "witness-fork");

    /// <summary>The enclave does not count what the witnesses signed.</summary>
    public static readonly EventId CosignedRefused = new(17, "cosigned-refused");

    /// <summary>The simulated enclave's process started or ended, or wrote a line.</summary>
    public static readonly EventId Enclave = new(18, "enclave");

    /// <summary>The log's stable identity, old or new.</summary>
    public static readonly EventId Identity = new(19, "identity");

    /// <summary>The way to KMS broke.</summary>
    public static readonly EventId KmsPipe = new(22, "kms-pipe");

    /// <summary>A request was answered.</summary>
    public static readonly EventId Request = new(20, "request");

    /// <summary>A request failed for a reason of the gateway's own.</summary>
    public static readonly EventId RequestFailed = new(21, "request-failed");

    private const int FirstFault = 100;

    /// <summary>Entries are not taken: the event has the name of the problem that callers get.
    /// </summary>
    public static EventId Of(AppendFailure failure) =>
        new(FirstFault + (int)failure, Http.Problem.Of(failure).Meaning.Name);
}
