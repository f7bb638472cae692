namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Ties the pipeline to the process: the store is opened before anything is served, and what has
/// arrived is finished before the process ends.
/// </summary>
public sealed class PipelineHost(Pipeline pipeline, ILogger<PipelineHost> log)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>True after a fault that the pipeline could not handle.</summary>
    public bool HasFailed => ExecuteTask is { IsFaulted: true };

    /// <summary>Before anything else starts: a directory in use starts no enclave.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
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
