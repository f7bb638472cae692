using System.Collections.Immutable;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// A tree head that an attested epoch of the policy's log signed. Only <see cref="LogVerifier"/>
/// and the auditor make one.
/// </summary>
public sealed class VerifiedHead
{
    private readonly ReadOnlyMemory<byte> _note;
    private readonly ReceiptEpoch _epoch;

    internal VerifiedHead(
        TrustPolicy policy,
        ReadOnlyMemory<byte> note,
        ReceiptEpoch epoch,
        EpochStatement statement,
        Checkpoint checkpoint,
        VerifiedAttestation attestation,
        ImmutableArray<VerificationCheck> checks)
    {
        // Its own copy: a caller that reuses its buffer must not change what was verified.
        _note = note.ToArray();
        _epoch = epoch;
        Policy = policy;
        Statement = statement;
        Checkpoint = checkpoint;
        Attestation = attestation;
        Checks = checks;
    }

    /// <summary>The policy under which it was verified.</summary>
    public TrustPolicy Policy { get; }

    /// <summary>The log.</summary>
    public Digest LogId => Policy.LogId;

    /// <summary>Origin, size and root.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The statement of the epoch that signed.</summary>
    public EpochStatement Statement { get; }

    /// <summary>The epoch that signed.</summary>
    public uint Epoch => Statement.Fields.Epoch;

    /// <summary>The document of the epoch that signed.</summary>
    public VerifiedAttestation Attestation { get; }

    /// <summary>The policy's name for the image that signed.</summary>
    public string MeasurementName => Attestation.Measurements.Name;

    /// <summary>
    /// INSECURE when true: the document's root is a development root, so nothing about the code or
    /// the machine that signed is proven.
    /// </summary>
    public bool IsInsecureDevelopment =>
        Attestation.Root.Kind == TrustedRootKind.InsecureDevelopment;

    /// <summary>The signed note.</summary>
    public ReadOnlyMemory<byte> Note => _note;

    /// <summary>What became of each rule about it: all hold.</summary>
    internal ImmutableArray<VerificationCheck> Checks { get; }

    /// <summary>True if the receipt is under this very head with this very evidence.</summary>
    internal bool IsOf(Receipt receipt) =>
        receipt.Checkpoint.Span.SequenceEqual(_note.Span)
        && receipt.Epoch.Statement.Span.SequenceEqual(_epoch.Statement.Span)
        && receipt.Epoch.Inclusion.Span.SequenceEqual(_epoch.Inclusion.Span)
        && receipt.Epoch.Document.Span.SequenceEqual(_epoch.Document.Span);
}
