using System.Collections.Immutable;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Verification;

/// <summary>What stands behind a verified head (docs/THREATS.md, "Acknowledged").</summary>
public enum HeadLevel
{
    /// <summary>An attested epoch signed it; the log may have another head elsewhere.</summary>
    Durable,

    /// <summary>A quorum of the policy's witnesses cosigned it as well: as long as fewer of them
    /// lie than the policy bears, no other history of the log has one.</summary>
    Witnessed,
}

/// <summary>
/// A tree head that an attested epoch of the policy's log signed. Only <see cref="LogVerifier"/>
/// and the auditor make one.
/// </summary>
public sealed class VerifiedHead
{
    private readonly AttestedHead _head;

    internal VerifiedHead(
        AttestedHead head,
        ImmutableArray<VerificationCheck> checks,
        ImmutableArray<VerifiedCosignature> cosignatures)
    {
        _head = head;
        Checks = checks;
        Cosignatures = cosignatures;
    }

    /// <summary>The policy under which it was verified.</summary>
    public TrustPolicy Policy => _head.Epoch.Policy;

    /// <summary>The log.</summary>
    public Digest LogId => Policy.LogId;

    /// <summary>Origin, size and root.</summary>
    public Checkpoint Checkpoint => _head.Checkpoint;

    /// <summary>The statement of the epoch that signed.</summary>
    public EpochStatement Statement => _head.Epoch.Statement;

    /// <summary>The epoch that signed.</summary>
    public uint Epoch => Statement.Fields.Epoch;

    /// <summary>The document of the epoch that signed.</summary>
    public VerifiedAttestation Attestation => _head.Epoch.Attestation;

    /// <summary>The policy's name for the image that signed.</summary>
    public string MeasurementName => Attestation.Measurements.Name;

    /// <summary>
    /// INSECURE when true: the document's root is a development root, so nothing about the code or
    /// the machine that signed is proven.
    /// </summary>
    public bool IsInsecureDevelopment =>
        Attestation.Root.Kind == TrustedRootKind.InsecureDevelopment;

    /// <summary>The signed note.</summary>
    public ReadOnlyMemory<byte> Note => _head.Note;

    /// <summary>The policy's witnesses that cosigned it, in the policy's order; may be none.
    /// </summary>
    public ImmutableArray<VerifiedCosignature> Cosignatures { get; }

    /// <summary>What stands behind the head.</summary>
    public HeadLevel Level =>
        Policy.Witnesses is { HasQuorum: true } ? HeadLevel.Witnessed : HeadLevel.Durable;

    /// <summary>The same head, whoever cosigned it.</summary>
    public AttestedHead Attested => _head;

    /// <summary>What became of each rule about it: all hold.</summary>
    internal ImmutableArray<VerificationCheck> Checks { get; }

    /// <summary>True if the receipt is under this very head with this very evidence.</summary>
    internal bool IsOf(Receipt receipt) =>
        receipt.Checkpoint.Span.SequenceEqual(Note.Span)
        && receipt.Epoch.Statement.Span.SequenceEqual(Known.Statement.Span)
        && receipt.Epoch.Inclusion.Span.SequenceEqual(Known.Inclusion.Span)
        && receipt.Epoch.Document.Span.SequenceEqual(Known.Document.Span);

    private ReceiptEpoch Known => _head.Bundle;
}
