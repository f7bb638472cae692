using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>An enclave image that a policy accepts.</summary>
/// <param name="Measurements">Its name and PCRs.</param>
/// <param name="NotAfterSize">For a retired image, the largest head that it may have
/// signed.</param>
public sealed record AcceptedMeasurement(MeasurementSet Measurements, ulong? NotAfterSize = null);

/// <summary>
/// What a verifier trusts (docs/PROTOCOL.md section 10): one log, its configuration, the images
/// that may sign for it and the roots that may attest them. Comes from the one who trusts, never
/// from the log.
/// </summary>
public sealed class TrustPolicy
{
    /// <summary>Longest policy, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Most accepted images.</summary>
    public const int MeasurementsMax = 1024;

    /// <summary>Most roots.</summary>
    public const int RootsMax = 16;

    /// <summary>Makes a policy.</summary>
    /// <exception cref="ArgumentException">No image or no root, too many, one of them twice, or a
    /// root that a policy cannot name.</exception>
    public TrustPolicy(
        Digest logId,
        LogConfiguration configuration,
        IEnumerable<AcceptedMeasurement> measurements,
        IEnumerable<TrustedRoot> roots)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        LogId = logId;
        Configuration = configuration;
        Measurements = [.. measurements];
        Roots = [.. roots];
        if (Measurements.Length is 0 or > MeasurementsMax)
        {
            throw new ArgumentException("measurements: a policy accepts 1 to 1024 images");
        }
        if (Measurements.DistinctBy(m => m.Measurements).Count() != Measurements.Length)
        {
            throw new ArgumentException("measurements: the same PCRs stand twice");
        }
        if (Roots.Length is 0 or > RootsMax)
        {
            throw new ArgumentException(
                "roots: a policy trusts 1 to 16 roots, such as aws-nitro-enclaves-g1");
        }
        if (Roots.DistinctBy(r => r.Fingerprint).Count() != Roots.Length)
        {
            throw new ArgumentException("roots: the same root stands twice");
        }
        if (Roots.Any(r => r.Kind == TrustedRootKind.OwnNsmDocument))
        {
            throw new ArgumentException("roots: a root found in a document is no anchor");
        }
        Images = new PcrPolicy(Measurements.Select(m => m.Measurements));
    }

    /// <summary>The log.</summary>
    public Digest LogId { get; }

    /// <summary>The log's configuration, whose origin is the log's address.</summary>
    public LogConfiguration Configuration { get; }

    /// <summary>The log's address: <see cref="LogConfiguration.Origin"/>.</summary>
    public string Origin => Configuration.Origin;

    /// <summary>Accepted images; the first that matches a document counts.</summary>
    public ImmutableArray<AcceptedMeasurement> Measurements { get; }

    /// <summary>Trusted roots.</summary>
    public ImmutableArray<TrustedRoot> Roots { get; }

    /// <summary>
    /// INSECURE when true: whoever holds the key of a development root forges any receipt. Callers
    /// warn.
    /// </summary>
    public bool HasInsecureDevelopmentRoots =>
        Roots.Any(r => r.Kind == TrustedRootKind.InsecureDevelopment);

    /// <summary>The images as the attestation verifier takes them.</summary>
    internal PcrPolicy Images { get; }

    /// <summary>
    /// Reads <c>trust-policy.json</c>. When false, <paramref name="fault"/> names the member for
    /// the person who wrote it.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out TrustPolicy? policy,
        [NotNullWhen(false)] out string? fault) =>
        TrustPolicyReader.TryRead(json, out policy, out fault);

    /// <summary>The policy as indented JSON, ending in a line feed.</summary>
    public byte[] ToJson() => TrustPolicyWriter.Write(this);

    /// <summary>The bound of the image that a document matched.</summary>
    internal ulong? NotAfterSize(MeasurementSet matched) =>
        Measurements.First(m => m.Measurements.Equals(matched)).NotAfterSize;
}
