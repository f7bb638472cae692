namespace Sequencer.Gateway.Settings;

/// <summary>Whom live reading serves, and how patiently.</summary>
public sealed record SubscriberSettings
{
    /// <summary>Most subscriptions and waiting reads at once.</summary>
    public int Max { get; init; } = 2048;

    /// <summary>How long a subscriber may take nothing of what is on its way to it.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After so long without an event a subscription sends a comment.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);
}
