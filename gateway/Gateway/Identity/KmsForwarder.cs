using System.Net;
using System.Net.Sockets;
using Sequencer.Gateway.Logging;

namespace Sequencer.Gateway.Identity;

/// <summary>
/// The enclave's way to KMS: a pipe of bytes to one host and port. What goes through it is TLS,
/// which ends in the enclave; nothing that is written into it chooses where it leads.
/// </summary>
internal sealed class KmsForwarder(
    PipeAddress address, DnsEndPoint kms, ILogger<KmsForwarder> log) : BackgroundService
{
    /// <summary>Most connections at once; more wait to be accepted.</summary>
    public const int ConnectionsMax = 4;

    /// <summary>Most bytes of a connection in one direction: a thousand times what is needed.
    /// </summary>
    public const long BytesMax = 4 * 1024 * 1024;

    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private Socket? _listener;

    /// <summary>Listens; a place that cannot be had ends the start.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _listener = address.Listen();
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
                using Socket enclave = await _listener!.AcceptAsync(stopping);
                await CarryAsync(enclave, stopping);
            }
            catch (OperationCanceledException)
            {
                // It was silent for too long, or the gateway ends.
            }
            catch (SocketException e)
            {
                log.LogWarning(
                    LogEvents.KmsPipe, "The way to {Kms} broke: {Reason}", kms, e.Message);
                await Task.Delay(Pause, stopping).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task CarryAsync(Socket enclave, CancellationToken stopping)
    {
        using var silent = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        silent.CancelAfter(Silence);
        using var service = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await service.ConnectAsync(kms, silent.Token);
        await Task.WhenAll(
            CopyAsync(enclave, service, silent), CopyAsync(service, enclave, silent));
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationTokenSource silent)
    {
        var buffer = new byte[BufferBytes];
        long left = BytesMax;
        bool isOver = false;
        try
        {
            while (left > 0)
            {
                int read = await from.ReceiveAsync(
                    buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), silent.Token);
                if (read == 0) break;
                left -= read;
                silent.CancelAfter(Silence);
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), silent.Token);
                }
            }
            isOver = left > 0;
            to.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            // An end is passed on; whatever else happened ends the other direction too.
            if (!isOver) await silent.CancelAsync();
        }
    }
}
