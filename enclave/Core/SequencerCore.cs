using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>
/// The trusted sequencer as a state machine: bytes and a time in, bytes and a head to sign out
/// (docs/PROTOCOL.md section 14). The same calls give the same bytes.
/// </summary>
/// <remarks>
/// Owned by one thread. Every byte comes from an untrusted gateway; keys, time and the own identity
/// come from the trusted host. A head that was emitted must be signed and given to
/// <see cref="Complete"/> before any other call; otherwise, and when anything throws inside, the core
/// stops for good. Memory that it hands out holds until the next call.
/// </remarks>
public sealed class SequencerCore
{
    /// <summary>A core without a log.</summary>
    public SequencerCore(CoreLimits limits) => throw new NotSupportedException();

    /// <summary>Where the core stands.</summary>
    public CorePhase Phase { get; }

    /// <summary>Number of the last statement's epoch; 0 without a log.</summary>
    public uint Epoch { get; }

    /// <summary>Number of records: the next number.</summary>
    public ulong Size { get; }

    /// <summary>The log's id; zero without a log.</summary>
    public Digest LogId { get; }

    /// <summary>The newest size that the gateway has made durable.</summary>
    public ulong AcknowledgedSize { get; }

    /// <summary>The root at <see cref="AcknowledgedSize"/>.</summary>
    public Digest AcknowledgedRoot { get; }

    /// <summary>
    /// This enclave's own statement: null until an opening has emitted its head, so that the host can
    /// have it attested before it signs.
    /// </summary>
    public EpochStatement? Statement { get; }

    /// <summary>Why the last replay was refused; null if none was.</summary>
    public ReplayFault? ReplayFault { get; }

    /// <summary>
    /// Begins a log: <see cref="CoreResult.HeadToSign"/>, or WrongPhase, BadConfiguration, Stopped.
    /// </summary>
    public CoreResult OpenGenesis(
        ReadOnlySpan<byte> configuration, EpochKeys keys, ulong timeMs, out HeadToSign? head) =>
        throw new NotSupportedException();

    /// <summary>
    /// Begins the replay of a stored log, dropping any that was under way: Done, WrongPhase or Stopped.
    /// </summary>
    /// <param name="size">Records to come.</param>
    /// <param name="checkpoint">The signed head at that size.</param>
    /// <param name="predecessorDocument">The attestation document of the last statement.</param>
    public CoreResult BeginReplay(
        ulong size, ReadOnlySpan<byte> checkpoint, ReadOnlySpan<byte> predecessorDocument) =>
        throw new NotSupportedException();

    /// <summary>
    /// Takes the next records, each with its <c>u16</c> length: Done, ReplayRefused, BadConfiguration,
    /// MalformedFrame, WrongPhase or Stopped. A refusal drops the replay: the phase is Empty again.
    /// </summary>
    public CoreResult ReplayRecords(ReadOnlySpan<byte> records) => throw new NotSupportedException();

    /// <summary>
    /// Checks the whole replay against head and document and opens the next epoch: HeadToSign,
    /// ReplayRefused, Clock, WrongPhase or Stopped. A refusal drops the replay.
    /// </summary>
    public CoreResult EndReplay(
        EpochKeys keys, OwnIdentity own, ulong timeMs, out HeadToSign? head) =>
        throw new NotSupportedException();

    /// <summary>
    /// Sequences a batch. HeadToSign: <paramref name="head"/> is to be signed, the answer comes from
    /// <see cref="Complete"/>. NothingAppended or Resubmitted: <paramref name="answer"/> is the batch
    /// answer. Or MalformedFrame, WrongPosition, RetentionFull, WrongPhase, Stopped.
    /// </summary>
    /// <param name="acknowledgedSize">As for <see cref="Acknowledge"/>; takes effect first.</param>
    /// <param name="batch">Start size, count of groups and the groups.</param>
    /// <param name="timeMs">Unix milliseconds of the trusted clock.</param>
    /// <param name="head">The new head.</param>
    /// <param name="answer">The batch answer, until the next call.</param>
    public CoreResult Sequence(
        ulong acknowledgedSize,
        ReadOnlySpan<byte> batch,
        ulong timeMs,
        out HeadToSign? head,
        out ReadOnlyMemory<byte> answer) => throw new NotSupportedException();

    /// <summary>
    /// Takes the signed note of the head that was emitted: Done with the batch answer, now retained,
    /// or Stopped if no head was emitted or the note is not its note.
    /// </summary>
    public CoreResult Complete(
        ReadOnlySpan<byte> signedCheckpoint, out ReadOnlyMemory<byte> answer) =>
        throw new NotSupportedException();

    /// <summary>
    /// Forgets the batches that end at or before a size, which must be a batch boundary between the
    /// acknowledged size and the size: Done, WrongPosition, WrongPhase or Stopped.
    /// </summary>
    public CoreResult Acknowledge(ulong size) => throw new NotSupportedException();

    /// <summary>
    /// The retained batch answers that start at or after a size, oldest first; each fits a frame, all
    /// together may not.
    /// </summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pending(ulong fromSize) =>
        throw new NotSupportedException();

    /// <summary>Ends all work for good: for a host that is in doubt (a signature failed).</summary>
    public void Stop() => throw new NotSupportedException();
}
