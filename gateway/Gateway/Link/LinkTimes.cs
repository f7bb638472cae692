namespace Sequencer.Gateway.Link;

/// <summary>How long the gateway waits for an enclave.</summary>
/// <param name="Connect">For a connection, the handshake of a monitor included. One that is alive
/// takes it at once.</param>
/// <param name="Stall">For any answer while one is due, and for any part of a request to be taken:
/// longer, and the peer has stalled. An enclave that opens an epoch or signs a long batch says
/// nothing meanwhile; one that is slow, but answers in turn, is waited for.</param>
/// <param name="KeepAlive">Without a frame from the enclave before it is asked for one. A virtual
/// machine that is killed need not end its connections.</param>
public sealed record LinkTimes(TimeSpan Connect, TimeSpan Stall, TimeSpan KeepAlive)
{
    /// <summary>What all waiting for an enclave is measured by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What is left of a wait, for a timer: those cut to whole milliseconds, so that less
    /// than one would be no wait at all.</summary>
    internal static TimeSpan RoundUp(TimeSpan left) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
}
