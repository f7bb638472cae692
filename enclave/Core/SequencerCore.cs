using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;

namespace Sequencer.Enclave.Core;

/// <summary>
/// The trusted sequencer as a state machine: bytes and a time in, bytes and a head to sign out
/// (docs/PROTOCOL.md section 14). The same calls give the same bytes.
/// </summary>
/// <remarks>
/// Owned by one thread. Every byte comes from an untrusted gateway; keys, time and the own identity
/// come from the trusted host. A head that was emitted must be signed and given to
/// <see cref="Complete"/> before any other call; otherwise, and when anything throws inside, the
/// core stops for good. Memory that it hands out holds until the next call.
/// </remarks>
public sealed partial class SequencerCore
{
    /// <summary>How far the last record may be ahead of the clock at an opening.</summary>
    internal const ulong ClockBehindMaxMs = 60_000;

    private readonly CoreLimits _limits;
    private readonly MeasurementSet[] _acceptedPredecessors;
    private readonly RetainedBatches _retained;
    private Replay? _replay;
    private LogState? _log;
    private BatchSequencer? _sequencer;

    // Of a log with witnesses.
    private WitnessFence? _fence;

    // The head that was emitted and is not yet signed, with its batch and the answer so far.
    private HeadToSign? _head;
    private RetainedBatch? _unsigned;
    private BatchAnswer? _answer;

    /// <summary>A core without a log.</summary>
    /// <exception cref="ArgumentException">An accepted predecessor has no or zero PCRs.</exception>
    public SequencerCore(CoreLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _limits = limits;
        _retained = new RetainedBatches(limits.RetainedBytesMax);
        _acceptedPredecessors = new MeasurementSet[limits.AcceptedPredecessors.Count];
        for (int i = 0; i < _acceptedPredecessors.Length; i++)
        {
            PredecessorMeasurements accepted = limits.AcceptedPredecessors[i];
            _acceptedPredecessors[i] = new MeasurementSet(
                "predecessor", accepted.Pcr0.Span, accepted.Pcr1.Span, accepted.Pcr2.Span);
        }
    }

    /// <summary>Where the core stands; Stopped also while a head waits for its signature.</summary>
    public CorePhase Phase { get; private set; }

    /// <summary>The last statement's epoch, a replayed one's too; 0 without a log.</summary>
    public uint Epoch => Log?.Epoch ?? 0;

    /// <summary>Number of records, replayed ones too: the next number.</summary>
    public ulong Size => Log?.Size ?? 0;

    /// <summary>The log's id; zero without a log.</summary>
    public Digest LogId => Log?.LogId ?? Digest.Zero;

    /// <summary>The log's configuration, a replayed one's too, which is the gateway's word until
    /// the replay has ended; null without a log.</summary>
    public LogConfiguration? Configuration => Log?.Configuration;

    /// <summary>The newest size that the gateway has made durable.</summary>
    public ulong AcknowledgedSize => _retained.AcknowledgedSize;

    /// <summary>The root at <see cref="AcknowledgedSize"/>.</summary>
    public Digest AcknowledgedRoot => _retained.AcknowledgedRoot;

    /// <summary>
    /// This enclave's own statement: null until an opening has emitted its head, so that the host
    /// can have it attested before it signs.
    /// </summary>
    public EpochStatement? Statement { get; private set; }

    /// <summary>Why the last replay was refused; null if none was.</summary>
    public ReplayFault? ReplayFault { get; private set; }

    /// <summary>Why the last cosigned head did not count; null if none was refused.</summary>
    public CosignedFault? CosignedFault { get; private set; }

    /// <summary>Size of the newest head of this epoch that a quorum of the log's witnesses
    /// cosigned; null if there is none.</summary>
    public ulong? CosignedSize => _fence?.CosignedSize;

    /// <summary>Its time, Unix seconds; 0 if there is none.</summary>
    public ulong CosignedSeconds => _fence?.CosignedSeconds ?? 0;

    private LogState? Log => _log ?? _replay?.Log;

    /// <summary>True if this configuration would begin a log now.</summary>
    public bool MayBegin(
        ReadOnlySpan<byte> configuration, [NotNullWhen(true)] out LogConfiguration? parsed)
    {
        parsed = null;
        return Phase == CorePhase.Empty
            && LogConfiguration.TryParse(configuration, out parsed)
            && EpochOpening.Allows(_limits, parsed);
    }

    /// <summary>
    /// Begins a log: <see cref="CoreResult.HeadToSign"/>, or WrongPhase, BadConfiguration, Stopped.
    /// </summary>
    public CoreResult OpenGenesis(
        ReadOnlySpan<byte> configuration, EpochKeys keys, ulong timeMs, out HeadToSign? head)
    {
        head = null;
        if (!MayEnter(CorePhase.Empty, out CoreResult refused)) return refused;
        if (!MayBegin(configuration, out LogConfiguration? parsed))
        {
            return CoreResult.BadConfiguration;
        }
        Phase = CorePhase.Stopped;
        EpochStatement genesis = EpochOpening.Genesis(parsed, _limits, keys, timeMs);
        _retained.Begin(0, TreeHash.EmptyRoot);
        return Open(new LogState(genesis), genesis, out head);
    }

    /// <summary>
    /// Begins the replay of a stored log, dropping any that was under way: Done, WrongPhase or
    /// Stopped.
    /// </summary>
    /// <param name="size">Records to come.</param>
    /// <param name="checkpoint">The signed head at that size.</param>
    /// <param name="predecessorDocument">The attestation document of the last statement.</param>
    public CoreResult BeginReplay(
        ulong size, ReadOnlySpan<byte> checkpoint, ReadOnlySpan<byte> predecessorDocument)
    {
        CorePhase from = Phase == CorePhase.Replaying ? CorePhase.Replaying : CorePhase.Empty;
        if (!MayEnter(from, out CoreResult refused)) return refused;
        _replay = new Replay(_limits, size, checkpoint.ToArray(), predecessorDocument.ToArray());
        ReplayFault = null;
        Phase = CorePhase.Replaying;
        return CoreResult.Done;
    }

    /// <summary>
    /// Takes the next records, each with its <c>u16</c> length: Done, ReplayRefused,
    /// BadConfiguration, MalformedFrame, WrongPhase or Stopped. A refusal drops the replay: the
    /// phase is Empty again.
    /// </summary>
    public CoreResult ReplayRecords(ReadOnlySpan<byte> records)
    {
        if (!MayEnter(CorePhase.Replaying, out CoreResult refused)) return refused;
        Phase = CorePhase.Stopped;
        while (EntryBundle.TryRead(ref records, out ReadOnlySpan<byte> record))
        {
            CoreResult taken = _replay!.Take(record, out ReplayFault fault);
            if (taken != CoreResult.Done)
            {
                return DropReplay(taken, taken == CoreResult.ReplayRefused ? fault : null);
            }
        }
        if (!records.IsEmpty) return DropReplay(CoreResult.MalformedFrame, null);
        Phase = CorePhase.Replaying;
        return CoreResult.Done;
    }

    /// <summary>
    /// Checks the whole replay against head and document and opens the next epoch: HeadToSign,
    /// ReplayRefused, Clock, WrongPhase or Stopped. A refusal drops the replay.
    /// </summary>
    public CoreResult EndReplay(
        EpochKeys keys, OwnIdentity own, ulong timeMs, out HeadToSign? head)
    {
        head = null;
        ArgumentNullException.ThrowIfNull(own);
        if (!MayEnter(CorePhase.Replaying, out CoreResult refused)) return refused;
        Phase = CorePhase.Stopped;
        Replay replay = _replay!;
        ReplayRule? broken = replay.CheckEnd();
        broken ??= Predecessor.CheckHead(replay.Log!, replay.Checkpoint);
        var images = new PcrPolicy([own.Measurements, .. _acceptedPredecessors]);
        broken ??= Predecessor.CheckDocument(replay, replay.Log!, images, own.Root, timeMs);
        if (broken is { } rule)
        {
            return DropReplay(CoreResult.ReplayRefused, new ReplayFault(rule, Size));
        }
        LogState log = replay.Log!;
        if (log.LastTimeMs > timeMs && log.LastTimeMs - timeMs > ClockBehindMaxMs)
        {
            return DropReplay(CoreResult.Clock, null);
        }
        _replay = null;
        _retained.Begin(log.Size, log.Tree.Root());
        EpochStatement statement = EpochOpening.Next(log, _limits, keys, timeMs);
        log.Append(statement);
        return Open(log, statement, out head);
    }

    /// <summary>
    /// Sequences a batch. HeadToSign: <paramref name="head"/> is to be signed, and the answer comes
    /// from <see cref="Complete"/>. NothingAppended or Resubmitted: <paramref name="answer"/> is
    /// the batch answer. Or MalformedFrame, WrongPosition, WitnessLag, RetentionFull, WrongPhase,
    /// Stopped.
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
        out ReadOnlyMemory<byte> answer)
    {
        head = null;
        answer = default;
        if (!MayEnter(CorePhase.Open, out CoreResult refused)) return refused;
        if (!Batch.TryRead(batch, out Batch read)) return CoreResult.MalformedFrame;
        if (!_retained.TryAcknowledge(acknowledgedSize)) return CoreResult.WrongPosition;
        if (read.StartSize != Size) return Resubmit(read, out answer);
        if (!FenceAllows(read.MemberCount, timeMs)) return CoreResult.WitnessLag;
        RetainedBatch? space = _retained.TryReserve(Size, batch, read.AnswerBytesMax);
        if (space is null) return CoreResult.RetentionFull;

        Phase = CorePhase.Stopped;
        if ((ulong)read.MemberCount > TreeHash.MaxSize - Size) return CoreResult.Stopped;
        var writer = new BatchAnswer(space.AnswerSpace, Size, read.MemberCount);
        _sequencer!.Run(read, timeMs, writer);
        if (writer.RecordCount > 0) return Emit(space, writer, out head);

        // Nothing changed, so the same batch gets the same answer again without its being kept.
        space.AnswerLength = writer.Finish(default);
        answer = space.Answer.ToArray();
        _retained.Release(space);
        Phase = CorePhase.Open;
        return CoreResult.NothingAppended;
    }

    /// <summary>
    /// Ends the epoch with a seal: HeadToSign, and after <see cref="Complete"/> the phase is Sealed
    /// and no head is ever emitted again. Or WrongPosition, RetentionFull, WrongPhase, Sealed,
    /// Stopped.
    /// </summary>
    /// <param name="acknowledgedSize">As for <see cref="Acknowledge"/>; takes effect first.</param>
    /// <param name="startSize">The size, which will be the seal's number.</param>
    /// <param name="timeMs">Unix milliseconds of the trusted clock.</param>
    /// <param name="head">The last head of the epoch.</param>
    public CoreResult Seal(
        ulong acknowledgedSize, ulong startSize, ulong timeMs, out HeadToSign? head)
    {
        head = null;
        CoreResult begun = BeginOwnRecord(
            acknowledgedSize, startSize, SealRecord.Bytes, isHeldBack: false, out var space);
        if (begun != CoreResult.Done) return begun;
        LogState log = _log!;
        var writer = new BatchAnswer(space!.AnswerSpace, log.Size, outcomeCount: 0);
        Span<byte> record = writer.AddRecord(SealRecord.Bytes);
        ulong sealedMs = Math.Max(timeMs, log.LastTimeMs);
        SealRecord.Write(record, log.Statement, log.Size, sealedMs, log.LastLeaf);
        log.AppendSeal(record, sealedMs);
        return Emit(space, writer, out head);
    }

    /// <summary>
    /// Takes the signed note of the head that was emitted: Done with the batch answer, now
    /// retained, or Stopped if no head was emitted or the note is not its note.
    /// </summary>
    public CoreResult Complete(
        ReadOnlySpan<byte> signedCheckpoint, out ReadOnlyMemory<byte> answer)
    {
        answer = default;
        if (_head is null
            || signedCheckpoint.Length > BatchAnswer.CheckpointBytesMax
            || !signedCheckpoint.StartsWith(_head.Text.Span))
        {
            Stop();
            return CoreResult.Stopped;
        }
        RetainedBatch batch = _unsigned!;
        batch.AnswerLength = _answer!.Finish(signedCheckpoint);
        _retained.Add(batch);
        _head = null;
        _unsigned = null;
        _answer = null;
        answer = batch.Answer;
        Phase = _log!.IsSealed ? CorePhase.Sealed : CorePhase.Open;
        return CoreResult.Done;
    }

    /// <summary>
    /// Takes a head that this enclave signed with witnesses' cosignatures, which lets the log run
    /// on from there: Done, CosignedRefused, WrongPhase or Stopped.
    /// </summary>
    /// <param name="note">The signed note.</param>
    /// <param name="timeMs">Unix milliseconds of the trusted clock.</param>
    public CoreResult TakeCosigned(ReadOnlySpan<byte> note, ulong timeMs)
    {
        if (!MayEnter(CorePhase.Open, out CoreResult refused)) return refused;
        CosignedFault = _fence is null
            ? Enclave.Core.CosignedFault.None
            : _fence.Take(note, timeMs);
        return CosignedFault is null ? CoreResult.Done : CoreResult.CosignedRefused;
    }

    /// <summary>
    /// Forgets the batches that end at or before a size, which must be a batch boundary between the
    /// acknowledged size and the size: Done, WrongPosition, WrongPhase or Stopped.
    /// </summary>
    public CoreResult Acknowledge(ulong size)
    {
        if (!MayHandOver(out CoreResult refused)) return refused;
        return _retained.TryAcknowledge(size) ? CoreResult.Done : CoreResult.WrongPosition;
    }

    /// <summary>
    /// The retained batch answers that start at or after a size, oldest first; each fits a frame,
    /// all together may not. None unless the phase is Open or Sealed.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pending(ulong fromSize) =>
        MayHandOver(out _) ? _retained.From(fromSize) : [];

    /// <summary>Ends all work for good: for a host that is in doubt (a signature failed).</summary>
    public void Stop()
    {
        Phase = CorePhase.Stopped;
        _head = null;
    }

    /// <summary>
    /// True if the phase is the one that a call needs. While a head waits for its signature the
    /// phase is Stopped, as it is inside every call that may throw halfway: only an orderly end
    /// leads back.
    /// </summary>
    private bool MayEnter(CorePhase needed, out CoreResult refused)
    {
        if (_head is not null) Stop();
        refused = Phase switch
        {
            CorePhase.Stopped => CoreResult.Stopped,
            CorePhase.Sealed => CoreResult.Sealed,
            _ => CoreResult.WrongPhase,
        };
        return Phase == needed;
    }

    /// <summary>What was signed can be had, and acknowledged, after the epoch's end too.</summary>
    private bool MayHandOver(out CoreResult refused) =>
        MayEnter(CorePhase.Open, out refused) || Phase == CorePhase.Sealed;

    private bool FenceAllows(int members, ulong timeMs) =>
        _fence is not { } fence || fence.Allows(Size, members, timeMs);

    private CoreResult Open(LogState log, EpochStatement statement, out HeadToSign? head)
    {
        _log = log;
        _sequencer = new BatchSequencer(log);
        Statement = statement;
        if (log.Configuration.Witnesses is { } witnesses)
        {
            _fence = new WitnessFence(witnesses, statement);
        }
        ulong number = statement.Fields.Number;
        int recordBytes = statement.Bytes.Length;
        RetainedBatch space =
            _retained.TryReserve(number, default, BatchAnswer.FixedBytes + 2 + recordBytes)
            ?? throw new InvalidOperationException("The image retains less than one statement.");
        var writer = new BatchAnswer(space.AnswerSpace, number, outcomeCount: 0);
        statement.Bytes.Span.CopyTo(writer.AddRecord(recordBytes));
        return Emit(space, writer, out head);
    }

    /// <summary>
    /// Room for a record that the enclave itself appends at its size: Done, and the phase is
    /// Stopped until the head over it is signed. Or WrongPosition, WitnessLag, RetentionFull,
    /// WrongPhase, Sealed, Stopped.
    /// </summary>
    private CoreResult BeginOwnRecord(
        ulong acknowledgedSize, ulong startSize, int bytes, bool isHeldBack,
        out RetainedBatch? space)
    {
        space = null;
        if (!MayEnter(CorePhase.Open, out CoreResult refused)) return refused;
        if (!_retained.TryAcknowledge(acknowledgedSize)) return CoreResult.WrongPosition;
        if (startSize != Size) return CoreResult.WrongPosition;
        if (isHeldBack) return CoreResult.WitnessLag;
        space = _retained.TryReserve(Size, default, BatchAnswer.FixedBytes + 2 + bytes);
        if (space is null) return CoreResult.RetentionFull;
        Phase = CorePhase.Stopped;
        return Size == TreeHash.MaxSize ? CoreResult.Stopped : CoreResult.Done;
    }

    /// <summary>Everything is appended: what remains is the host's signature.</summary>
    private CoreResult Emit(RetainedBatch batch, BatchAnswer answer, out HeadToSign? head)
    {
        LogState log = _log!;
        batch.End = log.Size;
        batch.Root = log.Tree.Root();
        if (batch.End != batch.Start + answer.RecordCount)
        {
            throw new InvalidOperationException("The tree and the answer differ in size.");
        }
        byte[] text = new Checkpoint(log.Configuration.Origin, batch.End, batch.Root).ToText();
        head = new HeadToSign(batch.End, batch.Root, text);
        _head = head;
        _unsigned = batch;
        _answer = answer;
        return CoreResult.HeadToSign;
    }

    private CoreResult Resubmit(Batch batch, out ReadOnlyMemory<byte> answer)
    {
        RetainedBatch? retained = _retained.Find(batch.StartSize, batch.Bytes);
        answer = retained is null ? default : retained.Answer;
        return retained is null ? CoreResult.WrongPosition : CoreResult.Resubmitted;
    }

    private CoreResult DropReplay(CoreResult result, ReplayFault? fault)
    {
        _replay = null;
        ReplayFault = fault;
        Phase = CorePhase.Empty;
        return result;
    }
}
