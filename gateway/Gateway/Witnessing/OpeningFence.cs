using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// Steps 4 and 5 of opening an epoch of a log with witnesses (docs/PROTOCOL.md section 14, "The
/// fence"): the first cosigned head. What a crash in between leaves is said there.
/// </summary>
/// <param name="cosigners">The witnesses, in the order of the policy.</param>
/// <param name="handover">What is done with the head.</param>
/// <param name="waiting">Told what is still missing, once a round.</param>
/// <param name="time">What pauses are measured by.</param>
/// <param name="chance">Where the chance in them comes from.</param>
internal sealed class OpeningFence(
    IReadOnlyList<Cosigner> cosigners,
    CosignedHandover handover,
    Action<string> waiting,
    TimeProvider time,
    Random chance)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    private readonly Backoff _pauses = new(PauseMin, PauseMax, chance);

    /// <summary>Runs until the enclave counts the head, however long that takes.</summary>
    /// <param name="begin">Makes an empty sheet for the head.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="WitnessConflictException">A witness knows another history.</exception>
    public async Task RunAsync(Func<CosigningSheet> begin, CancellationToken cancellationToken)
    {
        CosigningSheet sheet = begin();
        while (true)
        {
            var missing = new List<string>();
            bool isRefused = false;
            // One at a time and always in the same order: of two enclaves that were started from one
            // state, the one that is second at the first witness asks no other, and so does not
            // take from the first the witnesses that it needs.
            for (int i = 0; i < cosigners.Count; i++)
            {
                if (sheet.Has(i)) continue;
                if (await AskAsync(sheet, i, cancellationToken) is { } fault)
                {
                    missing.Add(fault);
                    continue;
                }
                if (!sheet.IsEnough) continue;
                string? refusal = await handover.OfferAsync(
                    sheet.View, sheet.ToNote(), cancellationToken);
                if (refusal is null) return;
                // A line that is not in time does not spoil those of the witnesses still to ask.
                missing.Add($"enclave: {refusal}");
                isRefused = true;
            }
            waiting(
                $"{sheet.Count} of {cosigners.Count} witnesses have cosigned the epoch's first head. "
                + string.Join("; ", missing));
            await Task.Delay(_pauses.Next(), time, cancellationToken);
            if (isRefused) sheet = begin();
        }
    }

    // Null if it cosigned.
    private async Task<string?> AskAsync(
        CosigningSheet sheet, int witness, CancellationToken cancellationToken)
    {
        Cosigner cosigner = cosigners[witness];
        WitnessAnswer answer = await cosigner.AskAsync(sheet.Subject(), cancellationToken);
        switch (answer.Outcome)
        {
            case WitnessOutcome.Cosigned:
                sheet.Add(witness, answer.Cosignature!);
                return null;
            case WitnessOutcome.Fork:
            case WitnessOutcome.Ahead:
                throw new WitnessConflictException(cosigner.Name, answer.Reason);
            default:
                return $"{cosigner.Name}: {answer.Outcome}, {answer.Reason}";
        }
    }
}
