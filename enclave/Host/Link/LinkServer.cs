using System.Net.Sockets;
using System.Threading.Channels;

namespace Sequencer.Enclave.Host.Link;

/// <summary>
/// Serves the link on a listening stream socket of any address family. One task owns the session,
/// and so the core; connections talk to it through a bounded queue.
/// </summary>
internal sealed class LinkServer
{
    private readonly EnclaveSession _session;
    private readonly LinkLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly Channel<LinkRequest> _requests;
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _connections = [];

    public LinkServer(
        EnclaveSession session, LinkLimits limits, TimeProvider time, Action<string> say)
    {
        _session = session;
        _limits = limits;
        _time = time;
        _say = say;
        _requests = Channel.CreateBounded<LinkRequest>(
            new BoundedChannelOptions(limits.RequestsInFlightMax) { SingleReader = true });
    }

    /// <summary>
    /// Runs until cancelled, or until no connection was open for the idle timeout. What goes wrong
    /// with one connection ends that connection; anything else ends the server with its exception.
    /// </summary>
    public async Task RunAsync(Socket listener, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var idle = new CancellationTokenSource(
            _limits.IdleTimeout ?? Timeout.InfiniteTimeSpan, _time);
        using CancellationTokenRegistration ended = idle.Token.Register(stop.Cancel);

        // On the thread pool, never on a socket's thread: the core's turn may be long, and an answer of
        // KMS that it waits for arrives at one.
        Task loop = Task.Run(() => ServeAsync(stop.Token), CancellationToken.None);
        Task serving = StopAfter(loop, stop);
        Task accepting = StopAfter(AcceptAsync(listener, idle, stop), stop);
        try
        {
            await Task.WhenAll(serving, accepting);
        }
        finally
        {
            await Task.WhenAll(OpenConnections());
        }
    }

    private async Task AcceptAsync(
        Socket listener, CancellationTokenSource idle, CancellationTokenSource stop)
    {
        var acceptor = new Acceptor(listener.AcceptAsync, _time, _say);
        try
        {
            while (true)
            {
                Socket socket = await acceptor.AcceptAsync(stop.Token);
                if (!TryServe(socket, idle, stop)) socket.Dispose();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The server was told to end.
        }
    }

    private bool TryServe(Socket socket, CancellationTokenSource idle, CancellationTokenSource stop)
    {
        lock (_gate)
        {
            if (_connections.Count >= _limits.ConnectionsMax) return false;
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            var connection = new LinkConnection(socket, _limits, _time);
            Task running = Task.Run(
                () => connection.RunAsync(_requests.Writer, stop.Token), CancellationToken.None);
            _connections.Add(running);
            // A connection that fails otherwise than by its peer is a fault of this program: it
            // stays in the set, where the end of RunAsync finds its exception.
            running.ContinueWith(
                task => Forget(task, idle, stop),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            return true;
        }
    }

    private void Forget(Task connection, CancellationTokenSource idle, CancellationTokenSource stop)
    {
        lock (_gate)
        {
            if (stop.IsCancellationRequested) return;
            if (connection.IsFaulted)
            {
                stop.Cancel();
                return;
            }
            _connections.Remove(connection);
            if (_connections.Count == 0 && _limits.IdleTimeout is { } timeout)
            {
                idle.CancelAfter(timeout);
            }
        }
    }

    private Task[] OpenConnections()
    {
        lock (_gate) return [.. _connections];
    }

    /// <summary>The loop that owns the session.</summary>
    private async Task ServeAsync(CancellationToken stop)
    {
        try
        {
            await foreach (LinkRequest request in _requests.Reader.ReadAllAsync(stop))
            {
                Serve(request);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The server was told to end.
        }
    }

    private void Serve(LinkRequest request)
    {
        LinkConnection connection = request.Connection;
        using FrameBuffer? body = request.Body;
        if (connection.IsEnded) return;
        FrameBuffer? answer =
            body is null ? null : _session.Handle(request.Header, body.Span, connection);
        if (answer is null)
        {
            connection.End();
            return;
        }
        connection.Answer(answer, request.Header);
    }

    private static async Task StopAfter(Task task, CancellationTokenSource stop)
    {
        try
        {
            await task;
        }
        finally
        {
            await stop.CancelAsync();
        }
    }
}
