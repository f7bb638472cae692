using System.Diagnostics;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tracing;

namespace Sequencer.Gateway.Sequencing;

/// <summary>Why nothing is said about the entries of a submission.</summary>
public enum AppendFailure
{
    /// <summary>There is an outcome for each.</summary>
    None,

    /// <summary>More is waiting than the gateway takes in; nothing was done.</summary>
    Overloaded,

    /// <summary>No enclave, or it went away; the entries may yet turn out to be in the log.
    /// </summary>
    EnclaveUnavailable,

    /// <summary>The enclave stopped on a doubt of its own.</summary>
    EnclaveStopped,

    /// <summary>The epoch was ended with a seal; nothing was done.</summary>
    EpochSealed,

    /// <summary>This enclave and this log do not belong together.</summary>
    EnclaveMismatch,

    /// <summary>The disk failed; the entries may yet turn out to be in the log.</summary>
    StoreFailed,

    /// <summary>The disk has no room to spare; nothing was done.</summary>
    DiskFull,

    /// <summary>Too few witnesses cosigned the log of late; nothing was done.</summary>
    WitnessesBehind,

    /// <summary>A witness knows another history of this log.</summary>
    WitnessConflict,

    /// <summary>The gateway is going down and took nothing.</summary>
    ShuttingDown,
}

/// <summary>What a caller waits for.</summary>
public enum Acknowledgement
{
    /// <summary>The entry, its number and a head that covers it are on the disk.</summary>
    Durable,

    /// <summary>Durable, and a quorum of the log's witnesses cosigned a head that covers it. For the
    /// writer no different: the rest is waited for after it.</summary>
    Witnessed,

    /// <summary>The enclave gave a number, which a crash may take back; no signature.</summary>
    Sequenced,
}

/// <summary>What became of one entry.</summary>
/// <param name="Outcome">The enclave's word.</param>
/// <param name="Record">Its record when it was appended now; otherwise empty.</param>
public readonly record struct SequencedEntry(Outcome Outcome, ReadOnlyMemory<byte> Record);

/// <summary>The answer to a submission.</summary>
/// <param name="Failure">None, or why there is nothing else.</param>
/// <param name="Entries">One for each item, in order.</param>
/// <param name="View">A durable view that covers them all; null when the caller did not wait for one.
/// </param>
public sealed record AppendResult(
    AppendFailure Failure, IReadOnlyList<SequencedEntry> Entries, LogView? View)
{
    /// <summary>An answer without outcomes.</summary>
    public static AppendResult Failed(AppendFailure failure) => new(failure, [], null);
}

/// <summary>
/// The entries of one caller's request on their way through the writer: either one atomic group, or
/// each a group of its own.
/// </summary>
public sealed class Submission
{
    private readonly TaskCompletionSource<AppendResult> _completion = new();
    private AppendResult? _result;

    /// <summary>Takes 1 to <c>GROUP_MAX</c> items.</summary>
    public Submission(
        PayloadItem[] items, bool isAtomic, Acknowledgement level = Acknowledgement.Durable)
    {
        Items = items;
        Count = items.Length;
        Level = level;
        IsAtomic = isAtomic;
        foreach (PayloadItem item in items)
        {
            RequestBytes += item.Request.Length;
            Bytes += item.Bytes;
        }
    }

    /// <summary>The entries; none any more once the answer is settled: its caller may reuse the
    /// memory that they were counted in.</summary>
    public PayloadItem[] Items { get; private set; }

    /// <summary>How many entries it came with.</summary>
    public int Count { get; }

    /// <summary>What its caller waits for.</summary>
    public Acknowledgement Level { get; }

    /// <summary>All or none.</summary>
    public bool IsAtomic { get; }

    /// <summary>True for a tombstone: what it names is erased before it is answered.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>Bytes of all requests.</summary>
    public int RequestBytes { get; }

    /// <summary>Bytes of requests, metadata and payloads.</summary>
    public long Bytes { get; }

    /// <summary>When it came, as a timestamp.</summary>
    public long ArrivedAt { get; private set; }

    /// <summary>What its spans belong to; default for none.</summary>
    public ActivityContext Trace { get; private set; }

    /// <summary>Completes with the answer; never faults.</summary>
    public Task<AppendResult> Completion => _completion.Task;

    internal void Arrive(long at) => (ArrivedAt, Trace) = (at, Spans.Here);

    /// <summary>Settles the answer; false if there is one, which then stays.</summary>
    internal bool TrySettle(AppendResult result)
    {
        if (Interlocked.CompareExchange(ref _result, result, null) is not null) return false;
        Items = [];
        return true;
    }

    /// <summary>Gives the answer that was settled; whoever waits for it goes on right here.</summary>
    internal void Answer() => _completion.TrySetResult(_result!);
}
