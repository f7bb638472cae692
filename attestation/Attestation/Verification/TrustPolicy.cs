using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Verification;

/// <summary>An enclave image that a policy accepts.</summary>
/// <param name="Measurements">Its name and PCRs.</param>
/// <param name="NotAfterSize">For a retired image, the largest head that it may have
/// signed.</param>
public sealed record AcceptedMeasurement(MeasurementSet Measurements, ulong? NotAfterSize = null);

/// <summary>
/// What a verifier trusts (docs/PROTOCOL.md section 10): one log, its configuration, the images
/// that may sign for it, the roots that may attest them, and the witnesses. Comes from the one who
/// trusts, never from the log.
/// </summary>
public sealed class TrustPolicy
{
    /// <summary>Longest policy, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Makes a policy.</summary>
    /// <exception cref="ArgumentException">No image or no root, too many, one of them twice, or a
    /// root that a policy cannot name.</exception>
    public TrustPolicy(
        Digest logId,
        LogConfiguration configuration,
        IEnumerable<AcceptedMeasurement> measurements,
        IEnumerable<TrustedRoot> roots,
        WitnessPolicy? witnesses = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        LogId = logId;
        Configuration = configuration;
        Images = new TrustedImages(measurements, roots);
        IsLogPinned = true;
        OwnWitnesses = witnesses;
    }

    // The log of a statement that evidence brings along, which pins nothing.
    internal TrustPolicy(EpochStatement statement, TrustedImages images)
    {
        LogId = statement.LogId;
        Configuration = statement.Fields.Configuration;
        Images = images;
    }

    /// <summary>
    /// False if log id, origin and configuration are not what the verifier chose but what the
    /// evidence itself brought along: see <see cref="TrustedImages.PolicyFor"/>.
    /// </summary>
    public bool IsLogPinned { get; }

    /// <summary>The log.</summary>
    public Digest LogId { get; }

    /// <summary>The log's configuration, whose origin is the log's address.</summary>
    public LogConfiguration Configuration { get; }

    /// <summary>The log's address: <see cref="LogConfiguration.Origin"/>.</summary>
    public string Origin => Configuration.Origin;

    /// <summary>
    /// The witnesses that heads are held to: those that the policy names itself, else those of the
    /// configuration that it pins; null if there are none. A configuration that the evidence
    /// brought along names witnesses that nobody chose, so it counts for nothing here.
    /// </summary>
    public WitnessPolicy? Witnesses =>
        OwnWitnesses ?? (IsLogPinned ? Configuration.Witnesses?.Policy : null);

    /// <summary>Accepted images; the first that matches a document counts.</summary>
    public ImmutableArray<AcceptedMeasurement> Measurements => Images.Measurements;

    /// <summary>Trusted roots.</summary>
    public ImmutableArray<TrustedRoot> Roots => Images.Roots;

    /// <summary>
    /// INSECURE when true: whoever holds the key of a development root forges any receipt. Callers
    /// warn.
    /// </summary>
    public bool HasInsecureDevelopmentRoots => Images.HasInsecureDevelopmentRoots;

    /// <summary>The policy's own member <c>witnesses</c>; null without it.</summary>
    internal WitnessPolicy? OwnWitnesses { get; }

    /// <summary>The images and roots, without the log.</summary>
    public TrustedImages Images { get; }

    /// <summary>
    /// Reads <c>trust-policy.json</c>. When false, <paramref name="fault"/> names the member for
    /// the person who wrote it.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out TrustPolicy? policy,
        [NotNullWhen(false)] out string? fault) =>
        TrustPolicyReader.TryReadPolicy(json, out policy, out fault);

    /// <summary>The policy as indented JSON, ending in a line feed.</summary>
    public byte[] ToJson() => TrustPolicyWriter.Write(this);

    /// <summary>The bound of the image that a document matched.</summary>
    internal ulong? NotAfterSize(MeasurementSet matched) =>
        Measurements.First(m => m.Measurements.Equals(matched)).NotAfterSize;
}
