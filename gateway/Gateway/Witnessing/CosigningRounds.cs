using Sequencer.Gateway.Metrics;

namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// Keeps the newest cosigned head near the newest durable one while an epoch is open: one head
/// after the other goes to all witnesses at once, with one request under way per witness.
/// </summary>
/// <param name="cosigners">The witnesses, in the order of the policy.</param>
/// <param name="handover">What is done with a cosigned head.</param>
/// <param name="begin">Makes an empty sheet for the newest durable head.</param>
/// <param name="pace">When to submit.</param>
/// <param name="remarks">What the operator is told of each witness.</param>
/// <param name="metrics">What is counted.</param>
internal sealed class CosigningRounds(
    IReadOnlyList<Cosigner> cosigners,
    CosignedHandover handover,
    Func<CosigningSheet> begin,
    CosigningPace pace,
    WitnessRemarks remarks,
    GatewayMetrics metrics)
{
    private readonly Task<Reply>?[] _underWay = new Task<Reply>?[cosigners.Count];

    /// <summary>Runs until it is cancelled, or the store fails.</summary>
    /// <param name="cosignedSize">Size of the head that counts already; 0 for none.</param>
    /// <param name="cancellationToken">Ends it; what is under way is given up.</param>
    public async Task RunAsync(ulong cosignedSize, CancellationToken cancellationToken)
    {
        await Task.Yield();
        long cosignedAt = 0;
        while (true)
        {
            CosigningSheet sheet = begin();
            bool isDue = sheet.View.Size > cosignedSize || pace.IsOld(cosignedAt);
            if (isDue && await CollectAsync(sheet, cancellationToken))
            {
                (cosignedSize, cosignedAt) = (sheet.View.Size, sheet.BegunAt);
                metrics.Cosigned(cosignedSize, cosignedAt);
                isDue = false;
            }
            // Still due: too few cosigned, and asking faster does not make them.
            await Task.Delay(
                isDue ? pace.Retry : pace.Interval, pace.Time, cancellationToken);
        }
    }

    // True once the head is cosigned and counts; false when everybody asked has answered.
    private async Task<bool> CollectAsync(
        CosigningSheet sheet, CancellationToken cancellationToken)
    {
        var isAsked = new bool[cosigners.Count];
        while (true)
        {
            for (int i = 0; i < cosigners.Count; i++)
            {
                // One that is busy with an older head is asked as soon as it has answered that.
                if (isAsked[i] || _underWay[i] is not null) continue;
                isAsked[i] = true;
                _underWay[i] = AskAsync(i, sheet, cancellationToken);
            }
            if (!isAsked.Where((asked, i) => asked && _underWay[i] is not null).Any()) return false;
            Reply reply = await await Task.WhenAny(_underWay.OfType<Task<Reply>>());
            _underWay[reply.Witness] = null;
            remarks.Answered(reply.Witness, reply.Answer);
            if (reply.Sheet != sheet || reply.Answer.Cosignature is not { } line) continue;
            sheet.Add(reply.Witness, line);
            if (!sheet.IsEnough) continue;
            string? refusal =
                await handover.OfferAsync(sheet.View, sheet.ToNote(), cancellationToken);
            if (refusal is null) return true;
            remarks.Refused(refusal);
        }
    }

    private async Task<Reply> AskAsync(
        int witness, CosigningSheet sheet, CancellationToken cancellationToken)
    {
        WitnessAnswer answer =
            await cosigners[witness].AskAsync(sheet.Subject(), cancellationToken);
        return new Reply(witness, sheet, answer);
    }

    private sealed record Reply(int Witness, CosigningSheet Sheet, WitnessAnswer Answer);
}
