using System.Buffers.Binary;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Sequencer.Gateway.Link;

/// <summary>
/// One connection to the enclave: frames out, answers back in the order of the requests, any number
/// under way at once. The first fault ends it for everybody who waits.
/// </summary>
public sealed class EnclaveConnection : IAsyncDisposable
{
    private const byte Version = 1;
    private const byte AnswerBit = 0x80;
    private const byte ErrorType = 0xFF;
    private const int UnderWayMax = 256;

    private readonly Socket _socket;
    private readonly TimeSpan _answerTimeout;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<Waiting> _underWay = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(UnderWayMax) { SingleReader = true, SingleWriter = false });
    private readonly TaskCompletionSource _lost =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _receiving;
    private uint _lastId;

    private EnclaveConnection(Socket socket, TimeSpan answerTimeout)
    {
        _socket = socket;
        _answerTimeout = answerTimeout;
        _receiving = Task.Run(ReceiveAsync);
    }

    /// <summary>Completes when the connection is of no more use.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Connects.</summary>
    /// <param name="endpoint">Where the enclave listens.</param>
    /// <param name="answerTimeout">How long an answer may take before the peer counts as stalled.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EnclaveLostException">Nobody listens there.</exception>
    public static async Task<EnclaveConnection> ConnectAsync(
        EnclaveEndpoint endpoint, TimeSpan answerTimeout, CancellationToken cancellationToken)
    {
        Socket socket = endpoint.CreateSocket();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(answerTimeout);
        try
        {
            await socket.ConnectAsync(endpoint.ToEndPoint(), patience.Token);
            return new EnclaveConnection(socket, answerTimeout);
        }
        catch (Exception e) when (e is SocketException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            socket.Dispose();
            throw new EnclaveLostException($"no enclave listens at {endpoint}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
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
        try
        {
            return await waiting.Answer.Task.WaitAsync(_answerTimeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            Close($"no answer to {type} within {_answerTimeout.TotalSeconds:0.#} s");
            return await waiting.Answer.Task;
        }
    }

    /// <summary>
    /// Ends the connection because an answer makes no sense: whoever waits learns the reason.
    /// </summary>
    /// <returns>What the caller throws.</returns>
    public EnclaveLostException Distrust(LinkMessage type)
    {
        Close($"the enclave's answer to {type} is malformed");
        return new EnclaveLostException($"the enclave's answer to {type} is malformed");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close("the gateway closed the connection");
        await _receiving;
        _socket.Dispose();
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
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(
                    _closing.Token);
                patience.CancelAfter(_answerTimeout);
                await _underWay.Writer.WriteAsync(waiting, patience.Token);
                // Without the caller's token: half a frame would ruin the stream for everybody.
                await WriteAsync(EncodeHeader(waiting, body.Length), patience.Token);
                await WriteAsync(body, patience.Token);
            }
            catch (Exception e) when (
                e is SocketException or OperationCanceledException or ChannelClosedException)
            {
                Close($"could not send {type}: {e.Message}");
                throw new EnclaveLostException($"could not send {type} to the enclave", e);
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

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
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
                    || !_underWay.Reader.TryRead(out Waiting? waiting))
                {
                    reason = "the enclave sent a frame that is malformed or that nobody asked for";
                    break;
                }
                var body = new byte[length - LinkLimits.FrameMinBytes];
                if (!await ReadAsync(body) || !TryComplete(waiting, header, body))
                {
                    reason = $"the enclave's answer to {waiting.Type} is malformed";
                    waiting.Answer.TrySetException(new EnclaveLostException(reason));
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            reason = $"the connection to the enclave broke: {e.Message}";
        }
        Close(reason);
        while (_underWay.Reader.TryRead(out Waiting? waiting))
        {
            waiting.Answer.TrySetException(new EnclaveLostException(reason));
        }
    }

    private async Task<bool> ReadAsync(Memory<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = await _socket.ReceiveAsync(destination, SocketFlags.None, _closing.Token);
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

    // Idempotent. The receiving task empties the line after the writer end is completed, so nobody
    // can be put in line and then forgotten.
    private void Close(string reason)
    {
        _underWay.Writer.TryComplete(new EnclaveLostException(reason));
        _lost.TrySetResult();
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
