using System.Net.Sockets;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Identity;

/// <summary>
/// The enclave's way to KMS: a pipe of bytes to one host and port. What goes through it is TLS,
/// which ends in the enclave; nothing that is written into it chooses where it leads. Connections
/// of others are closed: they would stand in the enclave's way, and go where only it should.
/// </summary>
internal sealed class KmsForwarder(
    KmsPipeSettings pipe, TimeProvider time, ILogger<KmsForwarder> log) : BackgroundService
{
    /// <summary>Most connections at once; more wait to be accepted.</summary>
    public const int ConnectionsMax = 4;

    /// <summary>Most bytes of a connection in one direction: a thousand times what is needed.
    /// </summary>
    public const long BytesMax = 4 * 1024 * 1024;

    /// <summary>Longest life of a connection, however busy it is. The enclave makes one for each
    /// request, and gives a request up after 8 seconds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenComplaints = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Socket? _listener;
    private long? _complainedAt;
    private long _refused;

    /// <summary>Listens; a place that cannot be had ends the start.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _listener = pipe.Address.Listen();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _listener?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            Enumerable.Range(0, ConnectionsMax).Select(_ => ServeAsync(stoppingToken)));

    // One connection after the other; as many of these run as there may be connections.
    private async Task ServeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using Socket peer = await _listener!.AcceptAsync(stopping);
                if (IsTheEnclave(peer)) await CarryAsync(peer, stopping);
            }
            catch (OperationCanceledException)
            {
                // It carried too much, or the gateway ends.
            }
            catch (SocketException e)
            {
                log.LogWarning(
                    LogEvents.KmsPipe, "The way to {Kms} broke: {Reason}", pipe.Kms.Host, e.Message);
                await Task.Delay(Pause, stopping).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool IsTheEnclave(Socket peer)
    {
        if (pipe.EnclaveCid is not { } enclave) return true;
        uint? cid = VsockSocket.PeerCid(peer);
        if (cid == enclave) return true;
        lock (_gate)
        {
            _refused++;
            // Whoever connects all the time would fill the operator's log.
            if (_complainedAt is { } at && time.GetElapsedTime(at) < BetweenComplaints)
            {
                return false;
            }
            _complainedAt = time.GetTimestamp();
            log.LogWarning(
                LogEvents.KmsPipe,
                "Refused at {Address}: CID {Cid} is not the enclave's, {Enclave} ({Count} refused "
                + "since the start).",
                pipe.Address, cid?.ToString() ?? "unknown", enclave, _refused);
        }
        return false;
    }

    private async Task CarryAsync(Socket enclave, CancellationToken stopping)
    {
        using var old = new CancellationTokenSource(Lifetime, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping, old.Token);
        try
        {
            using var service = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await service.ConnectAsync(pipe.Kms, over.Token);
            await Task.WhenAll(
                CopyAsync(enclave, service, over), CopyAsync(service, enclave, over));
        }
        catch (OperationCanceledException) when (old.IsCancellationRequested)
        {
            log.LogWarning(
                LogEvents.KmsPipe,
                "A connection to {Kms} was ended after {Seconds} s: the enclave needs fewer.",
                pipe.Kms.Host, Lifetime.TotalSeconds);
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationTokenSource over)
    {
        var buffer = new byte[BufferBytes];
        long left = BytesMax;
        bool isOver = false;
        try
        {
            while (left > 0)
            {
                int read = await from.ReceiveAsync(
                    buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), over.Token);
                if (read == 0) break;
                left -= read;
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), over.Token);
                }
            }
            isOver = left > 0;
            to.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            // An end is passed on; whatever else happened ends the other direction too.
            if (!isOver) await over.CancelAsync();
        }
    }
}
