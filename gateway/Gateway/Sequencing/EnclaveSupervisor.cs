using System.Diagnostics;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Metrics;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Starts the command of a simulated enclave, for development, and starts it again when it ends. The
/// child is ended with the gateway.
/// </summary>
public sealed class EnclaveSupervisor(
    string command, GatewayMetrics metrics, ILogger<EnclaveSupervisor> log) : BackgroundService
{
    private static readonly TimeSpan BackoffMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(10);

    // A child that lived this long did start: the next failure is a new one.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan backoff = BackoffMin;
        while (!stoppingToken.IsCancellationRequested)
        {
            long since = TimeProvider.System.GetTimestamp();
            try
            {
                await RunChildAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (TimeProvider.System.GetElapsedTime(since) > Settled) backoff = BackoffMin;
            await Task.Delay(backoff, stoppingToken).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing);
            backoff = TimeSpan.FromTicks(Math.Min(2 * backoff.Ticks, BackoffMax.Ticks));
        }
    }

    private async Task RunChildAsync(CancellationToken stopping)
    {
        // exec: the shell reads the command and then is the command, so that ending it ends it.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec " + command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = new Process { StartInfo = start };
        child.OutputDataReceived += (_, line) => Forward(line.Data);
        child.ErrorDataReceived += (_, line) => Forward(line.Data);
        child.Start();
        metrics.EnclaveStarted();
        log.LogInformation(LogEvents.Enclave, "Enclave started, process {Id}.", child.Id);
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        try
        {
            await child.WaitForExitAsync(stopping);
            log.LogWarning(
                LogEvents.Enclave, "Enclave ended with code {Code}.", child.ExitCode);
        }
        finally
        {
            if (!child.HasExited)
            {
                child.Kill(entireProcessTree: true);
                await child.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private void Forward(string? line)
    {
        if (line is not null) log.LogInformation(LogEvents.Enclave, "enclave: {Line}", line);
    }
}
