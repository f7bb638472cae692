namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Ties the pipeline to the process: the store is opened before anything is served, and what has
/// arrived is finished before the process ends.
/// </summary>
public sealed class PipelineHost(Pipeline pipeline) : BackgroundService, IHostedLifecycleService
{
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
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        pipeline.RunAsync(stoppingToken);
}
