using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Peers;

/// <summary>How it was measured.</summary>
/// <param name="Rounds">Runs that each row sums up.</param>
/// <param name="WarmUpSeconds">Time before each run that is not counted.</param>
/// <param name="MeasuredSeconds">Time of each run.</param>
/// <param name="EntryBytes">Size of every entry.</param>
internal sealed record Method(
    int Rounds, double WarmUpSeconds, double MeasuredSeconds, int EntryBytes);

/// <summary>One system under one load.</summary>
/// <param name="System">Its name.</param>
/// <param name="Version">What was started.</param>
/// <param name="Mode">What a call is.</param>
/// <param name="Connections">Each with one call under way.</param>
/// <param name="EntriesPerCall">Entries that a call carries.</param>
/// <param name="EntriesPerSecond">Entries acknowledged a second.</param>
/// <param name="P50Ms">Latency of a call: the median of the rounds' medians.</param>
/// <param name="P99Ms">The median of each round's 99th percentile.</param>
/// <param name="P999Ms">The median of each round's 99.9th percentile.</param>
/// <param name="Guarantees">What an acknowledged entry has.</param>
/// <param name="Promise">When the system answers.</param>
internal sealed record PeerRow(
    string System,
    string Version,
    string Mode,
    int Connections,
    int EntriesPerCall,
    Spread EntriesPerSecond,
    double P50Ms,
    double P99Ms,
    double P999Ms,
    Guarantees Guarantees,
    string Promise);

/// <summary>What could not be measured: a system, or one of its loads.</summary>
internal sealed record SkippedRow(string System, string? Mode, int? Connections, string Reason)
{
    public override string ToString() => Mode is null
        ? $"skipped: {System}: {Reason}"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"skipped: {System}, {Mode}, {Connections} connections: {Reason}");
}

/// <summary>Everything that a run of <c>make bench-peers</c> found.</summary>
/// <param name="Machine">On which machine.</param>
/// <param name="Disk">On which disk.</param>
/// <param name="Method">How.</param>
/// <param name="Rows">Each system under each load.</param>
/// <param name="Skipped">What is missing among them.</param>
/// <param name="ReceiptsVerified">Receipts that were taken from the gateway under load, and held.
/// </param>
/// <param name="Format">Name of the form that this is written in.</param>
internal sealed record PeersReport(
    Machine Machine,
    DiskProbe Disk,
    Method Method,
    IReadOnlyList<PeerRow> Rows,
    IReadOnlyList<SkippedRow> Skipped,
    int ReceiptsVerified,
    [property: JsonRequired] string Format = PeersReport.FormatName)
{
    /// <summary>Base name of the files that it is written to.</summary>
    public const string FileName = "peers";

    private const string FormatName = "sequencer-bench-peers/v1";

    /// <summary>False if something of the gateway is missing, such as a receipt that held.</summary>
    [JsonIgnore]
    public bool IsWhole =>
        Rows.Count > 0 && Skipped.All(row => row.System != SequencerPeer.SystemName);

    /// <summary>It as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Form) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static PeersReport FromJson(string json)
    {
        PeersReport? report = JsonSerializer.Deserialize<PeersReport>(json, ReportJson.Form);
        return report?.Format == FormatName
            ? report
            : throw new JsonException($"This is not {FormatName}.");
    }
}
