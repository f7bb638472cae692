using System.Diagnostics;
using System.Globalization;
using Sequencer.Bench.Parts;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Suite;

/// <summary>All parts, one after the other; one that fails is missing with its reason.</summary>
internal static class BenchSuite
{
    /// <summary>Measures the parts of a plan.</summary>
    /// <exception cref="PeerException">There is no such part, or no disk to measure.</exception>
    /// <exception cref="OperationCanceledException">It was asked to end; everything that it started
    /// has ended.</exception>
    public static async Task<SuiteReport> RunAsync(
        SuitePlan plan, CancellationToken cancellationToken)
    {
        var loads = new SampledLoads();
        IPart[] parts = Choose(
            plan.Only,
            new CorePart(), new ReplayPart(), new MemoryPart(), new LinkPart(),
            new DurablePart(loads), new ReadsPart(), new SubscribersPart(loads),
            new VerifyPart(), new RestartPart());
        Machine machine = await Machine.DescribeAsync(TimeProvider.System, cancellationToken);
        DiskProbe disk = await Site.ProbeDiskAsync();
        var reports = new List<PartReport>();
        var failed = new List<FailedPart>();
        long begin = Stopwatch.GetTimestamp();
        foreach (IPart part in parts)
        {
            try
            {
                IReadOnlyList<Figure> figures = await part.MeasureAsync(
                    plan.Runs, text => Tell($"{part.Id}: {text}"), cancellationToken);
                reports.Add(new PartReport(part.Id, part.Title, part.Method, figures));
            }
            catch (Exception e) when (PeerFailure.Is(e, cancellationToken))
            {
                failed.Add(new FailedPart(part.Id, e.Message.ReplaceLineEndings(" ")));
                Tell($"{part.Id} failed: {e.Message}");
            }
        }
        return new SuiteReport(
            machine, disk, plan.Runs, reports, failed, loads.ReceiptsVerified);

        void Tell(string text) => Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(begin).TotalSeconds,4:F0} s  {text}"));
    }

    private static IPart[] Choose(IReadOnlyList<string> only, params IPart[] all)
    {
        string ids = string.Join(", ", all.Select(part => part.Id));
        return only.Count == 0
            ? all
            : only.All(id => all.Any(part => part.Id == id))
                ? [.. all.Where(part => only.Contains(part.Id))]
                : throw new PeerException($"The parts are {ids}.");
    }
}
