using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Gateway.Sequencing;

/// <summary>What the pipeline shows to those who read: the newest view and whether it appends.
/// </summary>
/// <remarks>Written by the pipeline, read by any thread; every property is one consistent value.
/// </remarks>
public sealed class PipelineState
{
    private volatile LogView? _view;
    private volatile LogStore? _store;
    private volatile EnclaveClient? _enclave;
    private volatile LogView? _cosigned;
    private volatile WitnessRequirement? _witnesses;
    private long _cosignedAt;
    private TaskCompletionSource _attached = NewSignal();
    private TaskCompletionSource _newlyCosigned = NewSignal();
    private readonly TaskCompletionSource _drained = NewSignal();
    private volatile bool _isEnding;
    private volatile Fault? _fault = new(AppendFailure.EnclaveUnavailable, "starting");

    /// <summary>The newest durable view; null while the store is not open.</summary>
    public LogView? View => _view;

    /// <summary>
    /// The log up to the newest head that a quorum of its witnesses cosigned, with that head and
    /// their lines as its checkpoint; null without one. Never larger than <see cref="View"/>.
    /// </summary>
    public LogView? Cosigned => _cosigned;

    /// <summary>The open store, for epoch documents; null while there is none.</summary>
    public LogStore? Store => _store;

    /// <summary>The attached enclave; null while nothing can be appended.</summary>
    public EnclaveClient? Enclave => _enclave;

    /// <summary>What an attached enclave waits for from its log's witnesses, for people; null while
    /// it would take an entry.</summary>
    public string? BehindWitnesses =>
        _witnesses is { } required && _view is { } view && _cosigned is { } cosigned
            ? WitnessLag.Of(
                required, view.Size, cosigned.Size,
                TimeProvider.System.GetElapsedTime(Volatile.Read(ref _cosignedAt)))
            : null;

    /// <summary>Completes when an enclave is attached the next time.</summary>
    public Task NextAttachment => Volatile.Read(ref _attached).Task;

    /// <summary>Completes when a head is cosigned the next time. Take it before looking at
    /// <see cref="Cosigned"/>, so that no head is missed in between.</summary>
    public Task NextCosigned => Volatile.Read(ref _newlyCosigned).Task;

    /// <summary>Why nothing can be appended; null when it can.</summary>
    public Fault? NotReady => _isEnding ? Ending : _enclave is null ? _fault : null;

    /// <summary>The process was asked to end: it finishes what has arrived.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Completes when nothing will be appended or cosigned any more.</summary>
    public Task Drained => _drained.Task;

    private static Fault Ending { get; } = new(
        AppendFailure.ShuttingDown, "The gateway ends; what has arrived is finished.");

    /// <summary>Why nothing can be appended.</summary>
    /// <param name="Failure">The kind.</param>
    /// <param name="Reason">For people.</param>
    public sealed record Fault(AppendFailure Failure, string Reason);

    internal void ShowEnding() => _isEnding = true;

    internal void ShowDrained() => _drained.TrySetResult();

    internal void ShowView(LogView view) => _view = view;

    internal void ShowCosigned(LogView? view)
    {
        Volatile.Write(ref _cosignedAt, TimeProvider.System.GetTimestamp());
        _cosigned = view;
        Interlocked.Exchange(ref _newlyCosigned, NewSignal()).SetResult();
    }

    internal void ShowStore(LogStore? store)
    {
        _store = store;
        if (store is null) _view = _cosigned = null;
    }

    internal void ShowEnclave(EnclaveClient? enclave, WitnessRequirement? witnesses = null)
    {
        _witnesses = witnesses;
        _enclave = enclave;
        if (enclave is not null) Interlocked.Exchange(ref _attached, NewSignal()).SetResult();
    }

    internal void ShowFault(AppendFailure failure, string reason) => _fault = new Fault(
        failure, reason);

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
