using System.Buffers.Binary;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Sequencer.Gateway.Link;

/// <summary>
/// One connection to the enclave: frames out, answers back in the order of the requests, any number
/// under way at once. The first fault ends it for everybody who waits.
/// </summary>
/// <remarks>
/// There is one to an enclave. A second, for live documents and keep-alive, would not wait behind
/// the bytes of a batch, which are on the wire for milliseconds, but would wait all the same for
/// the one core behind both; and each would need a stall, a loss and a reconnection of its own.
/// </remarks>
public sealed class EnclaveConnection : IAsyncDisposable
{
    private const byte Version = 1;
    private const byte AnswerBit = 0x80;
    private const byte ErrorType = 0xFF;
    private const int UnderWayMax = 256;

    // A send completes when all of its bytes are taken: in pieces, the timeout sees progress.
    private const int PieceBytes = 256 * 1024;

    private readonly ILinkStream _stream;
    private readonly TimeSpan _stall;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<Waiting> _underWay = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(UnderWayMax) { SingleReader = true, SingleWriter = false });
    private readonly TaskCompletionSource<string> _lost =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _receiving;
    private long _heardAt;
    private uint _lastId;

    /// <summary>Takes over a stream to an enclave.</summary>
    /// <param name="stream">The stream, which is disposed with the connection.</param>
    /// <param name="times">How long the peer may answer nothing that was asked, or take nothing of a
    /// request.</param>
    public EnclaveConnection(ILinkStream stream, LinkTimes times)
    {
        _stream = stream;
        _stall = times.Stall;
        Time = times.Time;
        _heardAt = Time.GetTimestamp();
        _receiving = ReceiveAsync();
    }

    /// <summary>Completes with the reason when the connection is of no more use.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>What patience is measured by.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Since when the enclave has sent no whole frame.</summary>
    public TimeSpan Silence => Time.GetElapsedTime(Interlocked.Read(ref _heardAt));

    /// <summary>Connects.</summary>
    /// <exception cref="EnclaveLostException">There is no enclave, or it does not
    /// answer.</exception>
    public static async Task<EnclaveConnection> ConnectAsync(
        EnclaveEndpoint endpoint, LinkTimes times, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(times.Connect, times.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            patience.Token, cancellationToken);
        try
        {
            ILinkStream stream = await endpoint.ConnectAsync(either.Token);
            return new EnclaveConnection(stream, times);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EnclaveLostException(
                $"{endpoint} took no connection within {times.Connect.TotalSeconds:0.#} s", e);
        }
    }

    /// <summary>Sends a request and gives the body of its answer, which the caller then owns.
    /// </summary>
    /// <exception cref="EnclaveRefusedException">The enclave answered with an error.</exception>
    /// <exception cref="EnclaveLostException">No answer will come.</exception>
    /// <exception cref="ArgumentException">The body is above the link's limit.</exception>
    public async Task<ReadOnlyMemory<byte>> CallAsync(
        LinkMessage type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (body.Length > LinkLimits.BodyMaxBytes)
        {
            throw new ArgumentException($"A body has at most {LinkLimits.BodyMaxBytes} bytes.");
        }
        Waiting waiting = await SendAsync(type, body, cancellationToken);
        long sentAt = Time.GetTimestamp();
        for (TimeSpan left = _stall; left > TimeSpan.Zero;)
        {
            try
            {
                return await waiting.Answer.Task.WaitAsync(
                    LinkTimes.RoundUp(left), Time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Answers keep the order of the requests, so one who waits in a line that moves
                // gets his: only a line that does not move has stalled.
                TimeSpan waited = Time.GetElapsedTime(sentAt);
                left = _stall - (Silence < waited ? Silence : waited);
            }
        }
        Close($"the enclave did not answer {type} within {_stall.TotalSeconds:0.#} s");
        return await waiting.Answer.Task;
    }

    /// <summary>
    /// Ends the connection because an answer makes no sense: whoever waits learns the reason.
    /// </summary>
    /// <returns>What the caller throws.</returns>
    public EnclaveLostException Distrust(LinkMessage type)
    {
        string reason = $"the enclave's answer to {type} is malformed";
        Close(reason);
        return new EnclaveLostException(reason);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close("the gateway closed the connection");
        await _receiving;
        _stream.Dispose();
    }

    // A frame is put in line and written under one lock, so that the order of those who wait is the
    // order on the wire, which is the order of the answers.
    private async Task<Waiting> SendAsync(
        LinkMessage type, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var waiting = new Waiting(++_lastId, type);
            using var patience = new CancellationTokenSource(_stall, Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(
                patience.Token, _closing.Token);
            try
            {
                await _underWay.Writer.WriteAsync(waiting, either.Token);
                // Without the caller's token: half a frame would ruin the stream for everybody.
                await WriteAsync(EncodeHeader(waiting, body.Length), patience, either.Token);
                await WriteAsync(body, patience, either.Token);
            }
            catch (Exception e) when (
                e is SocketException or OperationCanceledException or ChannelClosedException)
            {
                // Where the connection ended before, its reason is the one that counts.
                Close(e is OperationCanceledException
                    ? $"the enclave took nothing of {type} for {_stall.TotalSeconds:0.#} s"
                    : $"could not send {type}: {e.Message}");
                throw new EnclaveLostException(await Lost, e);
            }
            return waiting;
        }
        finally
        {
            _sending.Release();
        }
    }

    private static byte[] EncodeHeader(Waiting waiting, int bodyLength)
    {
        var header = new byte[LinkLimits.HeaderBytes];
        BinaryPrimitives.WriteUInt32BigEndian(
            header, (uint)(LinkLimits.FrameMinBytes + bodyLength));
        header[4] = Version;
        header[5] = (byte)waiting.Type;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), waiting.Id);
        return header;
    }

    private async Task WriteAsync(
        ReadOnlyMemory<byte> bytes, CancellationTokenSource patience, CancellationToken either)
    {
        while (!bytes.IsEmpty)
        {
            patience.CancelAfter(_stall);
            ReadOnlyMemory<byte> piece = bytes[..Math.Min(bytes.Length, PieceBytes)];
            bytes = bytes[await _stream.SendAsync(piece, either)..];
        }
    }

    private async Task ReceiveAsync()
    {
        var header = new byte[LinkLimits.HeaderBytes];
        string reason = "the enclave closed the connection";
        try
        {
            while (await ReadAsync(header))
            {
                uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
                if (length is < LinkLimits.FrameMinBytes or > LinkLimits.FrameMaxBytes
                    || header[4] != Version || header[6] != 0 || header[7] != 0
                    || !_underWay.Reader.TryPeek(out Waiting? waiting))
                {
                    reason = "the enclave sent a frame that is malformed or that nobody asked for";
                    break;
                }
                var body = new byte[length - LinkLimits.FrameMinBytes];
                if (!await ReadAsync(body)) break;
                if (!TryComplete(waiting, header, body))
                {
                    reason = $"the enclave's answer to {waiting.Type} is malformed";
                    break;
                }
                // Only now: whoever is in line learns of the end, also of one within an answer.
                _underWay.Reader.TryRead(out _);
                Interlocked.Exchange(ref _heardAt, Time.GetTimestamp());
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            reason = $"the connection to the enclave broke: {e.Message}";
        }
        Close(reason);
        reason = await Lost;
        while (_underWay.Reader.TryRead(out Waiting? waiting))
        {
            waiting.Answer.TrySetException(new EnclaveLostException(reason));
        }
    }

    private async Task<bool> ReadAsync(Memory<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = await _stream.ReceiveAsync(destination, _closing.Token);
            if (read == 0) return false;
            destination = destination[read..];
        }
        return true;
    }

    private static bool TryComplete(Waiting waiting, ReadOnlySpan<byte> header, byte[] body)
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(header[8..]) != waiting.Id) return false;
        if (header[5] == ErrorType)
        {
            if (!LinkAnswers.TryReadError(body, out EnclaveErrorCode code, out string text))
            {
                return false;
            }
            waiting.Answer.TrySetException(new EnclaveRefusedException(code, text));
            return true;
        }
        if (header[5] != ((byte)waiting.Type | AnswerBit)) return false;
        waiting.Answer.TrySetResult(body);
        return true;
    }

    // Idempotent: the first reason stays. The receiving task empties the line after the writer end
    // is completed, so nobody can be put in line and then forgotten.
    private void Close(string reason)
    {
        _lost.TrySetResult(reason);
        _underWay.Writer.TryComplete();
        _closing.Cancel();
    }

    private sealed class Waiting(uint id, LinkMessage type)
    {
        public uint Id { get; } = id;

        public LinkMessage Type { get; } = type;

        public TaskCompletionSource<ReadOnlyMemory<byte>> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
