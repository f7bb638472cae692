using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// What an enclave of the policy's log said to one caller, after that caller chose a nonce: the
/// newest head that its gateway had made durable. Only <see cref="LogVerifier.VerifyLive"/> makes
/// one.
/// </summary>
/// <remarks>
/// It says that the epoch lives and is at this head; it does not say that no later epoch was
/// opened.
/// </remarks>
public sealed class VerifiedLiveHead
{
    internal VerifiedLiveHead(
        TrustPolicy policy,
        EpochStatement statement,
        ulong size,
        Digest root,
        VerifiedAttestation attestation)
    {
        Policy = policy;
        Statement = statement;
        Size = size;
        Root = root;
        Attestation = attestation;
    }

    /// <summary>The policy under which it was verified.</summary>
    public TrustPolicy Policy { get; }

    /// <summary>The log.</summary>
    public Digest LogId => Policy.LogId;

    /// <summary>The statement of the epoch that answered.</summary>
    public EpochStatement Statement { get; }

    /// <summary>The epoch that answered.</summary>
    public uint Epoch => Statement.Fields.Epoch;

    /// <summary>
    /// Size of the head, in records: that at which the epoch began, while nothing of it is durable.
    /// </summary>
    public ulong Size { get; }

    /// <summary>Root of the tree of that size.</summary>
    public Digest Root { get; }

    /// <summary>The document, with the nonce.</summary>
    public VerifiedAttestation Attestation { get; }

    /// <summary>The enclave's time when it answered.</summary>
    public DateTimeOffset Time => Attestation.Timestamp;

    /// <summary>The policy's name for the image that answered.</summary>
    public string MeasurementName => Attestation.Measurements.Name;

    /// <summary>
    /// INSECURE when true: the document's root is a development root, so nothing about the code or
    /// the machine that answered is proven.
    /// </summary>
    public bool IsInsecureDevelopment =>
        Attestation.Root.Kind == TrustedRootKind.InsecureDevelopment;
}
