using System.Net.Sockets;
using System.Threading.Channels;

namespace Sequencer.Enclave.Host.Link;

/// <summary>A request on its way to the core; without a body, the end of its connection.</summary>
internal readonly record struct LinkRequest(
    LinkConnection Connection, FrameHeader Header, FrameBuffer? Body);

/// <summary>
/// One gateway's connection: a loop that reads requests and one that writes answers. Neither
/// touches the core. A connection that asks much may make another wait, but for no longer than its
/// window lasts.
/// </summary>
/// <remarks>
/// Answers are in order because requests enter the core's queue in order and the core answers in
/// the order of its queue. The end travels the same way, so that what was asked before a peer's end
/// or its malformed frame is still answered.
/// </remarks>
internal sealed class LinkConnection
{
    // A send completes when all of its bytes are taken: in pieces, the timeout sees progress.
    private const int WritePieceBytes = 256 * 1024;

    private readonly Socket _socket;
    private readonly LinkLimits _limits;
    private readonly TimeProvider _time;
    private readonly FrameReader _reader;
    private readonly InFlightWindow _window;
    private readonly Channel<WaitingAnswer> _answers;

    public LinkConnection(Socket socket, LinkLimits limits, TimeProvider time)
    {
        _socket = socket;
        _limits = limits;
        _time = time;
        _reader = new FrameReader(socket);
        _window = new InFlightWindow(limits.RequestsInFlightMax, limits.BytesInFlightMax);
        _answers = Channel.CreateBounded<WaitingAnswer>(
            new BoundedChannelOptions(limits.RequestsInFlightMax) { SingleReader = true });
    }

    /// <summary>
    /// True once the core's loop, whose own this is, has seen the end: later requests are void.
    /// </summary>
    public bool IsEnded { get; private set; }

    /// <summary>Serves the connection until it ends, by either side or by cancellation.</summary>
    public async Task RunAsync(ChannelWriter<LinkRequest> requests, CancellationToken cancellation)
    {
        using Socket owned = _socket;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task reading = ReadAsync(requests, ended.Token, cancellation);
        await WriteAsync(cancellation);
        await ended.CancelAsync();
        await reading;
    }

    /// <summary>Takes an answer. Never waits: the window holds no more requests than the queue.
    /// </summary>
    public void Answer(FrameBuffer frame, FrameHeader request)
    {
        if (!_answers.Writer.TryWrite(new WaitingAnswer(frame, request.BytesAtMost)))
        {
            throw new InvalidOperationException("More answers than requests.");
        }
    }

    /// <summary>No answer comes any more; those before are still written.</summary>
    public void End()
    {
        IsEnded = true;
        _answers.Writer.TryComplete();
    }

    private async Task ReadAsync(
        ChannelWriter<LinkRequest> requests,
        CancellationToken ended,
        CancellationToken cancellation)
    {
        using var silent = new CancellationTokenSource(_limits.FirstFrameTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silent.Token, ended);
        try
        {
            while (await _reader.ReadHeaderAsync(either.Token) == FrameReadStatus.Header)
            {
                await _window.EnterAsync(_reader.Header.BytesAtMost, ended);
                FrameBuffer? body = await _reader.ReadBodyAsync(either.Token);
                if (body is null) break;
                silent.CancelAfter(Timeout.InfiniteTimeSpan);
                await requests.WriteAsync(new LinkRequest(this, _reader.Header, body), ended);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The peer is gone or never spoke, or the connection ended: there is nothing more to
            // read.
        }
        try
        {
            await requests.WriteAsync(new LinkRequest(this, default, Body: null), cancellation);
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // The server ends, and the writer with it.
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        using var stalled = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var either =
            CancellationTokenSource.CreateLinkedTokenSource(stalled.Token, cancellation);
        try
        {
            await foreach (WaitingAnswer answer in _answers.Reader.ReadAllAsync(cancellation))
            {
                using FrameBuffer frame = answer.Frame;
                for (ReadOnlyMemory<byte> rest = frame.Memory; !rest.IsEmpty;)
                {
                    stalled.CancelAfter(_limits.WriteTimeout);
                    ReadOnlyMemory<byte> piece = rest[..Math.Min(rest.Length, WritePieceBytes)];
                    rest = rest[await _socket.SendAsync(piece, either.Token)..];
                }
                stalled.CancelAfter(Timeout.InfiniteTimeSpan);
                _window.Leave(answer.BytesAtMost);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The peer is gone, takes nothing, or the server ends. What is still queued is void.
        }
    }

    private readonly record struct WaitingAnswer(FrameBuffer Frame, int BytesAtMost);
}
