using System.Net.Sockets;

namespace Sequencer.Enclave.Host.Link;

/// <summary>
/// Takes connections off a listening socket. What passes by itself, a peer that was gone first or a
/// moment without descriptors or memory, is a line and a pause; anything else is the caller's.
/// </summary>
/// <param name="accept">Waits for one connection.</param>
/// <param name="time">What the pause is measured by.</param>
/// <param name="say">Takes a line for the operator.</param>
internal sealed class Acceptor(
    Func<CancellationToken, ValueTask<Socket>> accept, TimeProvider time, Action<string> say)
{
    // The peer waits in the kernel's line meanwhile: asked again at once, it would fail again.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private bool _isFailing;

    /// <summary>The next connection, which the caller then owns.</summary>
    /// <exception cref="SocketException">The listening socket is of no more use.</exception>
    /// <exception cref="OperationCanceledException">The token says stop.</exception>
    public async Task<Socket> AcceptAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                Socket socket = await accept(cancellation);
                _isFailing = false;
                return socket;
            }
            catch (SocketException e) when (Passes(e.SocketErrorCode))
            {
                // One line for failures in a row: a console is slow, and they may last.
                if (!_isFailing) say($"took no connection: {e.SocketErrorCode}; tries on");
                _isFailing = true;
            }
            await Task.Delay(Pause, time, cancellation);
        }
    }

    // EMFILE and ENFILE are TooManyOpenSockets, ENOBUFS is NoBufferSpaceAvailable. The platform has
    // no name for ENOMEM and calls it SocketError, as it does EPROTO, which is of the one peer too.
    private static bool Passes(SocketError error) => error
        is SocketError.ConnectionAborted
        or SocketError.ConnectionReset
        or SocketError.TooManyOpenSockets
        or SocketError.NoBufferSpaceAvailable
        or SocketError.SocketError;
}
