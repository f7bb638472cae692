using System.Runtime.InteropServices;
using Sequencer.Gateway.Logging;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Ties the pipeline to the process: the store is opened before anything is served, and SIGUSR2
/// ends the open epoch with a seal. When the process is asked to end, first appends end: readiness
/// says so, what has arrived is finished, reads go on. Then the server ends, and the store last.
/// </summary>
public sealed class PipelineHost(
    Pipeline pipeline, PipelineState state, ILogger<PipelineHost> log)
    : BackgroundService, IHostedLifecycleService
{
    // Its number on Linux; .NET names only the signals that every UNIX numbers alike.
    private const PosixSignal SealSignal = (PosixSignal)12;

    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _readersGone =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PosixSignalRegistration? _sealing;

    /// <summary>True after a fault that the pipeline could not handle.</summary>
    public bool HasFailed => ExecuteTask is { IsFaulted: true };

    /// <summary>True if the process ends before what had arrived was finished.</summary>
    public bool IsCut { get; private set; }

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

    /// <summary>Before anything else ends, the server among it: finishes what has arrived, until the
    /// token says that there is no more time.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.ShowEnding();
        log.LogInformation(LogEvents.Draining, "Ending: what has arrived is finished.");
        await _ending.CancelAsync();
        await Task.WhenAny(
            state.Drained, ExecuteTask ?? Task.CompletedTask,
            Task.Delay(Timeout.Infinite, cancellationToken));
        IsCut = !state.Drained.IsCompleted && !HasFailed;
        if (IsCut)
        {
            // Nothing acknowledged is lost; those who wait are told nothing, and may ask again.
            log.LogWarning(LogEvents.Cut, "Ending before what had arrived was finished.");
        }
        else
        {
            log.LogInformation(LogEvents.Drained, "What had arrived is finished.");
        }
    }

    /// <summary>After the server: nobody reads any more.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _readersGone.TrySetResult();
        return base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Dispose()
    {
        _sealing?.Dispose();
        _ending.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await pipeline.RunAsync(_ending.Token, _readersGone.Task);
        }
        catch (Exception e)
        {
            // What the pipeline does not expect is a fault of its own: it ends, and says so.
            log.LogCritical(LogEvents.Failed, e, "The pipeline failed; the gateway ends.");
            throw;
        }
    }
}
