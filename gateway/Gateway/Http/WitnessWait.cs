using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>The last step of <c>ack=witnessed</c>: waits until the log's witnesses have cosigned what
/// was appended.</summary>
/// <param name="state">The log.</param>
/// <param name="patience">Callers are told rather than kept: what they sent is durable, and its
/// receipt can be had later.</param>
/// <param name="time">Measures it.</param>
internal sealed class WitnessWait(PipelineState state, TimeSpan patience, TimeProvider time)
{
    /// <summary>How long callers wait.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
        // What is refused rests on the whole log, an entry on the log up to itself: one that was
        // witnessed before needs nobody again.
        ulong needed = result.Entries.Max(entry =>
            IsRefused(entry) ? durable.Size : entry.Outcome.Number + 1);
        long since = time.GetTimestamp();
        while (true)
        {
            Task next = state.NextCosigned;
            if (state.Cosigned is { } cosigned && cosigned.Size >= needed)
            {
                return (result with { View = cosigned }, null);
            }
            TimeSpan left = patience - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || state.Drained.IsCompleted)
            {
                // Of a refusal nothing is in the log: it stands as it is, with the durable log.
                return (result, result.Entries.All(IsRefused) ? null : NotYet(result));
            }
            await Task.WhenAny(
                next, state.Drained, Task.Delay(LinkTimes.RoundUp(left), time, aborted));
            aborted.ThrowIfCancellationRequested();
        }
    }

    private static bool IsRefused(SequencedEntry entry) =>
        entry.Outcome.Status == OutcomeStatus.Refused;

    private static Problem NotYet(AppendResult result) => new(
        ProblemKind.NotYetWitnessed,
        "What was appended is durable. Its receipt will have the cosignatures once they are there; "
        + "the same request with its Idempotency-Key waits for them again.")
    {
        Number = result.Entries.Count == 1 ? result.Entries[0].Outcome.Number : null,
    };
}
