using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;

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
    private TaskCompletionSource _attached = NewSignal();
    private TaskCompletionSource _newlyCosigned = NewSignal();
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

    /// <summary>Completes when an enclave is attached the next time.</summary>
    public Task NextAttachment => Volatile.Read(ref _attached).Task;

    /// <summary>Completes when a head is cosigned the next time. Take it before looking at
    /// <see cref="Cosigned"/>, so that no head is missed in between.</summary>
    public Task NextCosigned => Volatile.Read(ref _newlyCosigned).Task;

    /// <summary>Why nothing can be appended; null when it can.</summary>
    public Fault? NotReady => _enclave is null ? _fault : null;

    /// <summary>Why nothing can be appended.</summary>
    /// <param name="Failure">The kind.</param>
    /// <param name="Reason">For people.</param>
    public sealed record Fault(AppendFailure Failure, string Reason);

    internal void ShowView(LogView view) => _view = view;

    internal void ShowCosigned(LogView? view)
    {
        _cosigned = view;
        Interlocked.Exchange(ref _newlyCosigned, NewSignal()).SetResult();
    }

    internal void ShowStore(LogStore? store)
    {
        _store = store;
        if (store is null) _view = _cosigned = null;
    }

    internal void ShowEnclave(EnclaveClient? enclave)
    {
        _enclave = enclave;
        if (enclave is not null) Interlocked.Exchange(ref _attached, NewSignal()).SetResult();
    }

    internal void ShowFault(AppendFailure failure, string reason) => _fault = new Fault(
        failure, reason);

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
