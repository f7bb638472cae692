using Sequencer.Bench.Report;

namespace Sequencer.Bench.Suite;

/// <summary>The verb <c>suite</c>.</summary>
internal static class SuiteVerb
{
    public static Task<int> RunAsync(SuitePlan plan) => Interruptible.RunAsync(async end =>
    {
        SuiteReport report = await BenchSuite.RunAsync(plan, end);
        string text = string.Join('\n', SuiteText.Lines(report)) + "\n";
        Console.Write(text);
        if (plan.Output is { } folder)
        {
            await ReportFiles.WriteAsync(
                folder, SuiteReport.FileName, text, report.ToJson(), SuiteChart.Of(report));
            Console.Error.WriteLine($"Written to {folder}: bench.txt, bench.json, bench.svg.");
        }
        return report.IsWhole;
    });
}
