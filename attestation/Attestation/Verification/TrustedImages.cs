using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Images and the roots that may attest them: what the builder of an image publishes as
/// <c>measurements.json</c> (docs/PROTOCOL.md section 10). It says which program is trusted and
/// leaves open which log of it.
/// </summary>
public sealed class TrustedImages
{
    /// <summary>Most accepted images.</summary>
    public const int MeasurementsMax = 1024;

    /// <summary>Most roots.</summary>
    public const int RootsMax = 16;

    /// <summary>Trusts images that roots attest.</summary>
    /// <exception cref="ArgumentException">No image or no root, too many, one of them twice, or a
    /// root that a policy cannot name.</exception>
    public TrustedImages(
        IEnumerable<AcceptedMeasurement> measurements, IEnumerable<TrustedRoot> roots)
    {
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
        Pcrs = new PcrPolicy(Measurements.Select(m => m.Measurements));
    }

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
    internal PcrPolicy Pcrs { get; }

    /// <summary>Documents that held under these images and roots.</summary>
    internal KnownDocuments Known { get; } = new();

    /// <summary>
    /// Reads <c>measurements.json</c>. When false, <paramref name="fault"/> names the member for
    /// the person who wrote it.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out TrustedImages? images,
        [NotNullWhen(false)] out string? fault) =>
        TrustPolicyReader.TryReadImages(json, out images, out fault);

    /// <summary>As indented JSON, ending in a line feed.</summary>
    public byte[] ToJson() => TrustPolicyWriter.Write(this);

    /// <summary>
    /// A policy for any log of these images: log id, origin and configuration are those of the
    /// statement, which the evidence has to bring with its attestation. Evidence that is good under
    /// it comes from a trusted image, of whichever log the statement names; callers say which.
    /// </summary>
    /// <param name="statement">Of an epoch of the log; need not be verified yet.</param>
    public TrustPolicy PolicyFor(EpochStatement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return new TrustPolicy(statement, this);
    }
}
