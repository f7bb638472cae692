using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>The last step of <c>ack=witnessed</c>: waits until the log's witnesses have cosigned what
/// was appended.</summary>
internal sealed class WitnessWait(PipelineState state, TimeProvider time)
{
    // Callers are told rather than kept: what they sent is durable, and its receipt can be had later.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The problem of a caller who waits for witnesses of a log that has none.</summary>
    public Problem? Judge(Acknowledgement level)
    {
        if (level != Acknowledgement.Witnessed) return null;
        // Of a log without any record nobody knows yet; the append will say what is wrong.
        if (state.View is not { Size: > 0 } view) return null;
        if (EpochStatement.TryParse(view.ReadRecord(0), out EpochStatement? genesis)
            && genesis.Fields.Configuration.Witnesses is not null)
        {
            return null;
        }
        return new Problem(
            ProblemKind.NoWitnessPolicy,
            "ack=witnessed needs a log with witnesses, and this one has none: ask for durable.")
        {
            Field = "ack",
        };
    }

    /// <summary>The same answer from a cosigned head that covers it; a problem if none came in time.
    /// </summary>
    public async Task<(AppendResult Result, Problem? Problem)> CoverAsync(
        Acknowledgement level, AppendResult result, CancellationToken aborted)
    {
        if (level != Acknowledgement.Witnessed || result.View is not { } durable)
        {
            return (result, null);
        }
        long since = time.GetTimestamp();
        while (true)
        {
            Task next = state.NextCosigned;
            if (state.Cosigned is { } cosigned && cosigned.Size >= durable.Size)
            {
                return (result with { View = cosigned }, null);
            }
            TimeSpan left = Patience - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero) return (result, NotYet(result));
            await Task.WhenAny(next, Task.Delay(LinkTimes.RoundUp(left), time, aborted));
            aborted.ThrowIfCancellationRequested();
        }
    }

    private static Problem NotYet(AppendResult result) => new(
        ProblemKind.NotYetWitnessed,
        "What was appended is durable. Its receipt will have the cosignatures once they are there; "
        + "the same request with its Idempotency-Key waits for them again.")
    {
        Number = result.Entries.Count == 1 ? result.Entries[0].Outcome.Number : null,
    };
}
