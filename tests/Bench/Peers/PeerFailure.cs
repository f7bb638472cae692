using System.Net.Sockets;
using Sequencer.Bench.Load;
using Sequencer.Client;

namespace Sequencer.Bench.Peers;

/// <summary>What a system, or the way to it, may fail with.</summary>
internal static class PeerFailure
{
    /// <summary>True for a failure that leaves the others to be measured.</summary>
    public static bool Is(Exception e, CancellationToken cancellationToken) =>
        e is PeerException or WireException or SequencerException or HttpRequestException
            or SocketException or IOException or TimeoutException
        // A request of HttpClient that takes too long is a cancellation that nobody asked for.
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
