using Sequencer.Iac.Ec2;

namespace Sequencer.Iac.Instances;

/// <summary>Waits until EC2 has done what it was asked to.</summary>
internal sealed class InstanceWait(Ec2Client ec2, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    // An instance takes half a minute to start, and minutes to end.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Waits for a state.</summary>
    /// <returns>The instance in that state, or as it last was; null where EC2 has none (any more).
    /// </returns>
    public async Task<Instance?> ForAsync(
        string id, string state, CancellationToken cancellationToken)
    {
        DateTimeOffset end = time.GetUtcNow() + Patience;
        for (TimeSpan pause = FirstPause; ; pause = 2 * pause)
        {
            Instance? instance = await ec2.FindInstanceAsync(id, cancellationToken);
            // A new instance may not be found at first, and one on its way out is not gone yet.
            bool isFinal = state == "terminated"
                ? instance is null || instance.State == state
                : instance is not null && (instance.State == state || instance.IsGone);
            if (isFinal || time.GetUtcNow() >= end) return instance;
            if (pause > LongestPause) pause = LongestPause;
            await Task.Delay(pause, time, cancellationToken);
        }
    }
}
