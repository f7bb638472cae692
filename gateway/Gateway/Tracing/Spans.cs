using System.Diagnostics;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Tracing;

/// <summary>
/// The spans of an append: the request, its wait in the queue, what is done with the batch that it
/// became part of, the enclave's answer and the syncs. Where nobody listens there are none.
/// </summary>
/// <remarks>
/// A batch serves many requests. Its spans belong to the trace of the first that is traced, and
/// link the others.
/// </remarks>
internal static class Spans
{
    /// <summary>Under which they are listened to.</summary>
    public const string SourceName = "Sequencer.Gateway";

    private const int LinksMax = 64;

    private static readonly ActivitySource Source = new(SourceName, GatewayMetrics.Version);

    /// <summary>True if somebody listens.</summary>
    public static bool AreWanted => Source.HasListeners();

    /// <summary>What spans of the work that begins here belong to.</summary>
    public static ActivityContext Here => AreWanted ? Activity.Current?.Context ?? default : default;

    /// <summary>The span of a request, below its caller's.</summary>
    public static Activity? OfRequest(string name, ActivityContext caller) =>
        Source.StartActivity(name, ActivityKind.Server, caller);

    /// <summary>The span of a wait in the queue that ends now.</summary>
    public static void Waited(Submission submission, TimeSpan elapsed)
    {
        if (!IsTraced(submission)) return;
        using Activity? span = Source.StartActivity(
            "append.queue", ActivityKind.Internal, submission.Trace,
            startTime: DateTimeOffset.UtcNow - elapsed);
    }

    /// <summary>The span of what is done with the submissions of one or several batches.</summary>
    public static Activity? OfBatch(string name, IEnumerable<Submission> submissions)
    {
        if (!AreWanted) return null;
        ActivityContext parent = default;
        var links = new List<ActivityLink>();
        int entries = 0;
        foreach (Submission submission in submissions)
        {
            entries += submission.Count;
            if (!IsTraced(submission)) continue;
            if (parent == default) parent = submission.Trace;
            else if (links.Count < LinksMax) links.Add(new ActivityLink(submission.Trace));
        }
        return parent == default
            ? null
            : Source.StartActivity(name, ActivityKind.Internal, parent, null, links)
                ?.SetTag("sequencer.entries", entries);
    }

    /// <summary>The span of a step of what is under way here.</summary>
    public static Activity? OfStep(string name, ActivityKind kind = ActivityKind.Internal) =>
        AreWanted && Activity.Current is not null ? Source.StartActivity(name, kind) : null;

    private static bool IsTraced(Submission submission) =>
        submission.Trace.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
}
