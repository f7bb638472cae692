using System.Collections.Immutable;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Following;

/// <summary>
/// A head under which records were verified while a log was followed: an attested epoch of the
/// policy's log signed it, its root is that of the records, and where the policy asks for witnesses
/// they cosigned it. Only <see cref="LogFollower"/> makes one.
/// </summary>
public sealed class FollowedHead
{
    internal FollowedHead(
        Checkpoint checkpoint,
        ReadOnlyMemory<byte> note,
        AttestedEpoch epoch,
        ImmutableArray<VerifiedCosignature> cosignatures)
    {
        Checkpoint = checkpoint;
        Note = note;
        Epoch = epoch;
        Cosignatures = cosignatures;
    }

    /// <summary>Origin, size and root.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The signed note.</summary>
    public ReadOnlyMemory<byte> Note { get; }

    /// <summary>The epoch that signed.</summary>
    public AttestedEpoch Epoch { get; }

    /// <summary>The policy's witnesses that cosigned it; may be none.</summary>
    public ImmutableArray<VerifiedCosignature> Cosignatures { get; }
}
