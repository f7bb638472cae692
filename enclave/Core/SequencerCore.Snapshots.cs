using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>Snapshots, and the replay that begins at one (section 14, "Snapshots").</summary>
public sealed partial class SequencerCore
{
    /// <summary>
    /// Appends a snapshot of the log as it stands: HeadToSign, and the answer comes from
    /// <see cref="Complete"/>. Or WrongPosition, WitnessLag, RetentionFull, WrongPhase, Sealed, Stopped.
    /// </summary>
    /// <param name="acknowledgedSize">As for <see cref="Acknowledge"/>; takes effect first.</param>
    /// <param name="startSize">The size, which will be the snapshot's number.</param>
    /// <param name="timeMs">Unix milliseconds of the trusted clock.</param>
    /// <param name="head">The new head.</param>
    public CoreResult Snapshot(
        ulong acknowledgedSize, ulong startSize, ulong timeMs, out HeadToSign? head)
    {
        head = null;
        int length = SnapshotRecord.Length(Size);
        CoreResult begun = BeginOwnRecord(
            acknowledgedSize, startSize, length, !FenceAllows(1, timeMs), out var space);
        if (begun != CoreResult.Done) return begun;
        LogState log = _log!;
        var writer = new BatchAnswer(space!.AnswerSpace, log.Size, outcomeCount: 0);
        ulong takenMs = Math.Max(timeMs, log.LastTimeMs);
        byte[] record = log.Snapshot(takenMs);
        record.CopyTo(writer.AddRecord(length));
        log.AppendSnapshot(record, takenMs);
        return Emit(space, writer, out head);
    }

    /// <summary>
    /// Begins the replay of a stored log at one of its snapshots, dropping any that was under way:
    /// Done, ReplayRefused, BadConfiguration, WrongPhase or Stopped. Its content comes next, then
    /// the records after it.
    /// </summary>
    /// <param name="size">Records of the log, those before the snapshot counted.</param>
    /// <param name="checkpoint">The signed head at that size.</param>
    /// <param name="predecessorDocument">The attestation document of the last statement.</param>
    /// <param name="statement">The newest statement before the snapshot.</param>
    /// <param name="snapshot">The snapshot.</param>
    public CoreResult BeginReplayAtSnapshot(
        ulong size,
        ReadOnlySpan<byte> checkpoint,
        ReadOnlySpan<byte> predecessorDocument,
        ReadOnlySpan<byte> statement,
        ReadOnlySpan<byte> snapshot)
    {
        CoreResult begun = BeginReplay(size, checkpoint, predecessorDocument);
        if (begun != CoreResult.Done) return begun;
        Phase = CorePhase.Stopped;
        return EndStep(_replay!.BeginAt(statement, snapshot, out ReplayFault fault), fault);
    }

    /// <summary>
    /// Takes the next part of the snapshot's content: Done, ReplayRefused, MalformedFrame,
    /// WrongPhase or Stopped. A refusal drops the replay: the phase is Empty again.
    /// </summary>
    public CoreResult ReplayContent(ReadOnlySpan<byte> content)
    {
        if (!MayEnter(CorePhase.Replaying, out CoreResult refused)) return refused;
        Phase = CorePhase.Stopped;
        return EndStep(_replay!.TakeContent(content, out ReplayFault fault), fault);
    }

    private CoreResult EndStep(CoreResult taken, ReplayFault fault)
    {
        if (taken != CoreResult.Done)
        {
            return DropReplay(taken, taken == CoreResult.ReplayRefused ? fault : null);
        }
        Phase = CorePhase.Replaying;
        return CoreResult.Done;
    }
}
