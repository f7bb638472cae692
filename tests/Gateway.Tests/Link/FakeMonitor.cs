using System.Buffers.Binary;
using System.Net.Sockets;
using Sequencer.Gateway.Link;

namespace Sequencer.Gateway.Tests.Link;

/// <summary>
/// A virtual machine's monitor in small: takes the handshake, then carries frames to an enclave
/// that listens at another path, until a test freezes the machine or cuts a line.
/// </summary>
internal sealed class FakeMonitor : IAsyncDisposable
{
    public const uint Port = 5005;

    private const int AnswerBit = 0x80;

    private readonly StreamPeer _peer;
    private readonly string _enclavePath;
    private volatile TaskCompletionSource _thawed = Thawed();
    private int _cutAt;
    private int _misnamedAt;

    public FakeMonitor(string path, string enclavePath)
    {
        _enclavePath = enclavePath;
        _peer = new StreamPeer(path, StreamPeer.Behind(Port, CarryAsync));
    }

    /// <summary>
    /// From now on nothing is carried any more, in no connection, and none is ended: as if the
    /// machine were gone without a word.
    /// </summary>
    public void Freeze() => _thawed = new TaskCompletionSource();

    /// <summary>Carries on.</summary>
    public void Thaw() => _thawed.TrySetResult();

    /// <summary>Ends the connection at the next request of this type, which the enclave never sees.
    /// </summary>
    public void CutAt(LinkMessage request) => Volatile.Write(ref _cutAt, (int)request);

    /// <summary>Gives the next answer to this type as that to another request.</summary>
    public void MisnameAnswerTo(LinkMessage request) =>
        Volatile.Write(ref _misnamedAt, (int)request | AnswerBit);

    public ValueTask DisposeAsync()
    {
        Thaw();
        return _peer.DisposeAsync();
    }

    private static TaskCompletionSource Thawed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private async Task CarryAsync(NetworkStream gateway, CancellationToken end)
    {
        await _thawed.Task.WaitAsync(end);
        using var socket =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_enclavePath), end);
        }
        catch (SocketException)
        {
            return;
        }
        await using var enclave = new NetworkStream(socket);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(end);
        Task requests = CarryAsync(gateway, enclave, isToEnclave: true, ended.Token);
        Task answers = CarryAsync(enclave, gateway, isToEnclave: false, ended.Token);
        await Task.WhenAny(requests, answers);
        await ended.CancelAsync();
        await Task.WhenAll(requests, answers);
    }

    private async Task CarryAsync(
        NetworkStream from, NetworkStream to, bool isToEnclave, CancellationToken end)
    {
        var header = new byte[12];
        try
        {
            while (true)
            {
                await from.ReadExactlyAsync(header, end);
                var body = new byte[BinaryPrimitives.ReadUInt32BigEndian(header) - 8];
                await from.ReadExactlyAsync(body, end);
                await _thawed.Task.WaitAsync(end);
                int type = header[5];
                bool isCut = isToEnclave
                    && Interlocked.CompareExchange(ref _cutAt, 0, type) == type;
                if (isCut) return;
                bool isMisnamed = !isToEnclave
                    && Interlocked.CompareExchange(ref _misnamedAt, 0, type) == type;
                if (isMisnamed) header[^1] ^= 1;
                await to.WriteAsync(header, end);
                await to.WriteAsync(body, end);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
        }
    }
}
