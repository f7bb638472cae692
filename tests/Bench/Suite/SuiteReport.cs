using System.Text.Json;
using System.Text.Json.Serialization;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Suite;

/// <summary>What a part found.</summary>
internal sealed record PartReport(
    string Id, string Title, string Method, IReadOnlyList<Figure> Figures);

/// <summary>A part that could not be measured, and why.</summary>
internal sealed record FailedPart(string Id, string Reason);

/// <summary>Everything that a run of <c>make bench</c> found; docs/BENCHMARKS.md has its form.
/// </summary>
/// <param name="Machine">On which machine.</param>
/// <param name="Disk">On which disk.</param>
/// <param name="Runs">Runs that each figure sums up.</param>
/// <param name="Parts">What was measured.</param>
/// <param name="Failed">What is missing.</param>
/// <param name="ReceiptsVerified">Receipts that were taken under load, and held.</param>
/// <param name="Format">Name of the form that this is written in.</param>
internal sealed record SuiteReport(
    Machine Machine,
    DiskProbe Disk,
    int Runs,
    IReadOnlyList<PartReport> Parts,
    IReadOnlyList<FailedPart> Failed,
    int ReceiptsVerified,
    [property: JsonRequired] string Format = SuiteReport.FormatName)
{
    /// <summary>Base name of the files that it is written to.</summary>
    public const string FileName = "bench";

    private const string FormatName = "sequencer-bench/v1";

    /// <summary>False if a part is missing.</summary>
    [JsonIgnore]
    public bool IsWhole => Failed.Count == 0;

    /// <summary>It as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Form) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static SuiteReport FromJson(string json)
    {
        SuiteReport? report = JsonSerializer.Deserialize<SuiteReport>(json, ReportJson.Form);
        return report?.Format == FormatName
            ? report
            : throw new JsonException($"This is not {FormatName}.");
    }
}
