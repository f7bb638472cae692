using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;

namespace Sequencer.Enclave.Core;

/// <summary>
/// Keeps a log with witnesses from running ahead of them: nothing is sequenced before a quorum
/// cosigned a head of this epoch, nor too far beyond the newest such head in numbers or in time
/// (docs/PROTOCOL.md section 14, "The fence").
/// </summary>
internal sealed class WitnessFence(WitnessRequirement witnesses, EpochStatement statement)
{
    /// <summary>How far ahead of this enclave's clock a witness's may be.</summary>
    public const ulong AheadMaxSeconds = 10;

    private const ulong MsPerSecond = 1000;

    private string Origin => statement.Fields.Configuration.Origin;

    /// <summary>Size of the newest cosigned head; null before the first.</summary>
    public ulong? CosignedSize { get; private set; }

    /// <summary>Its time, Unix seconds: as of then a quorum knew no larger head.</summary>
    public ulong CosignedSeconds { get; private set; }

    /// <summary>True if so many members more may be numbered at this size, now.</summary>
    public bool Allows(ulong size, int members, ulong nowMs)
    {
        if (CosignedSize is not { } cosigned) return false;
        if (size - cosigned + (ulong)members > witnesses.NumbersMax) return false;
        // At most 10 seconds after now when it was taken, so this does not overflow.
        ulong endMs = (CosignedSeconds + witnesses.SecondsMax) * MsPerSecond;
        return nowMs <= endMs;
    }

    /// <summary>Takes a cosigned head; the first rule that it breaks, or null: it counts.</summary>
    public CosignedFault? Take(ReadOnlySpan<byte> bytes, ulong nowMs)
    {
        if (!SignedNote.TryParse(bytes, out SignedNote? note, out _)
            || !Checkpoint.TryParse(note.Text.Span, out Checkpoint? head, out _)
            || head.Origin != Origin)
        {
            return CosignedFault.Head;
        }
        // No list of own heads is needed: this enclave signs only extensions, so whatever its keys
        // signed is of its one history.
        if (!EpochSignature.Leads(note, Origin, statement) || EpochSignature.IsRepeated(note))
        {
            return CosignedFault.Signature;
        }
        if (!TryReadTimes(note, nowMs, out ulong[] times)) return CosignedFault.Cosignature;
        if (QuorumSeconds(times) is not { } seconds) return CosignedFault.Quorum;
        if (CosignedSize is { } size
            && (head.Size < size || (head.Size == size && seconds < CosignedSeconds)))
        {
            return CosignedFault.Order;
        }
        CosignedSize = head.Size;
        CosignedSeconds = seconds;
        return null;
    }

    /// <summary>
    /// For each witness the latest time in time of its lines, or 0; false if a line of a witness
    /// does not verify. A time of 0 claims nothing, and is before any statement.
    /// </summary>
    private bool TryReadTimes(SignedNote note, ulong nowMs, out ulong[] times)
    {
        times = new ulong[witnesses.Policy.Witnesses.Length];
        ulong first = Math.Max(1, statement.Fields.TimeMs / MsPerSecond);
        ulong last = (nowMs / MsPerSecond) + AheadMaxSeconds;
        for (int i = EpochSignature.LineCount; i < note.Signatures.Count; i++)
        {
            NoteSignature line = note.Signatures[i];
            int witness = witnesses.Policy.IndexOf(line);
            if (witness < 0) continue;
            NoteSignatureResult result = NoteSignatureVerification.Verify(
                witnesses.Policy.Witnesses[witness].Key,
                note.Text.Span,
                line.Signature.Span,
                out ulong? seconds);
            if (result != NoteSignatureResult.Valid || seconds is null or 0) return false;
            if (seconds < first || seconds > last) continue;
            times[witness] = Math.Max(times[witness], seconds.Value);
        }
        return true;
    }

    /// <summary>The latest time such that the witnesses from then on are enough; or null.</summary>
    private ulong? QuorumSeconds(ulong[] times)
    {
        ulong latest = 0;
        foreach (ulong seconds in times)
        {
            if (seconds > latest && witnesses.Policy.IsSatisfiedBy(Since(times, seconds)))
            {
                latest = seconds;
            }
        }
        return latest > 0 ? latest : null;
    }

    private static uint Since(ulong[] times, ulong seconds)
    {
        uint since = 0;
        for (int i = 0; i < times.Length; i++)
        {
            if (times[i] >= seconds) since |= 1u << i;
        }
        return since;
    }
}
