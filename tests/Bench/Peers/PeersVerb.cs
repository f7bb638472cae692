using Sequencer.Bench.Report;

namespace Sequencer.Bench.Peers;

/// <summary>The verb <c>peers</c>.</summary>
internal static class PeersVerb
{
    public static Task<int> RunAsync(PeersPlan plan) => Interruptible.RunAsync(async end =>
    {
        PeersReport report = await PeersBench.RunAsync(plan, end);
        string text = string.Join('\n', PeersText.Lines(report)) + "\n";
        Console.Write(text);
        await ReportFiles.WriteAsync(
            plan.Output, PeersReport.FileName, text, report.ToJson(), PeersChart.Of(report));
        Console.Error.WriteLine($"Written to {plan.Output}: peers.txt, peers.json, peers.svg.");
        return report.IsWhole;
    });
}
