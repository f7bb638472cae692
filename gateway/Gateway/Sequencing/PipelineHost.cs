namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Ties the pipeline to the process: the store is opened before anything is served, and what has
/// arrived is finished before the process ends.
/// </summary>
public sealed class PipelineHost(Pipeline pipeline) : BackgroundService
{
    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        pipeline.OpenStore();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        pipeline.RunAsync(stoppingToken);
}
