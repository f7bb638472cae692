using System.Runtime.InteropServices;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Ties the pipeline to the process: the store is opened before anything is served, what has
/// arrived is finished before the process ends, and SIGUSR2 ends the open epoch with a seal.
/// </summary>
public sealed class PipelineHost(Pipeline pipeline, ILogger<PipelineHost> log)
    : BackgroundService, IHostedLifecycleService
{
    // Its number on Linux; .NET names only the signals that every UNIX numbers alike.
    private const PosixSignal SealSignal = (PosixSignal)12;

    private PosixSignalRegistration? _sealing;

    /// <summary>True after a fault that the pipeline could not handle.</summary>
    public bool HasFailed => ExecuteTask is { IsFaulted: true };

    /// <summary>Before anything else starts: a directory in use starts no enclave.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _sealing = PosixSignalRegistration.Create(SealSignal, signal =>
        {
            // The default would end the process.
            signal.Cancel = true;
            pipeline.RequestSeal();
        });
        pipeline.OpenStore();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _sealing?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await pipeline.RunAsync(stoppingToken);
        }
        catch (Exception e)
        {
            // What the pipeline does not expect is a fault of its own: it ends, and says so.
            log.LogCritical(e, "The pipeline failed; the gateway ends.");
            throw;
        }
    }
}
