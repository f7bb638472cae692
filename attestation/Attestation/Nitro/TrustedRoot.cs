using System.ComponentModel;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Nitro;

/// <summary>Where the trust in a root comes from.</summary>
public enum TrustedRootKind
{
    /// <summary>AWS's published root.</summary>
    AwsNitroEnclavesG1,

    /// <summary>A root that a developer made: its key forges any document.</summary>
    InsecureDevelopment,

    /// <summary>The root that an enclave found in the document of its own device.</summary>
    OwnNsmDocument,
}

/// <summary>
/// The root certificate that a chain must start with, pinned byte for byte. Its own signature is
/// therefore not checked: equal bytes say more.
/// </summary>
public sealed class TrustedRoot
{
    private TrustedRoot(TrustedRootKind kind, ReadOnlyMemory<byte> der)
    {
        if (NitroCertificate.Parse(der, "root", out _) is { } refusal)
        {
            throw new ArgumentException(refusal.Message, nameof(der));
        }
        Kind = kind;
        Der = der;
        Fingerprint = Sha256.Hash(der.Span);
    }

    /// <summary>AWS's root for the commercial partition: what clients use.</summary>
    public static TrustedRoot AwsNitroEnclavesG1 { get; } = LoadAws();

    /// <summary>Where the trust comes from.</summary>
    public TrustedRootKind Kind { get; }

    /// <summary>The certificate.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>SHA-256 of <see cref="Der"/>.</summary>
    public Digest Fingerprint { get; }

    /// <summary>
    /// INSECURE: trusts a root that is not AWS's, for development with a simulated device. Whoever
    /// holds its key forges any measurement.
    /// </summary>
    /// <exception cref="ArgumentException">Not a version 3 P-384 certificate in DER.</exception>
    public static TrustedRoot InsecureDevelopmentRoot(ReadOnlySpan<byte> der) =>
        new(TrustedRootKind.InsecureDevelopment, der.ToArray());

    /// <summary>
    /// For an enclave that verifies its predecessor, and for nobody else: trusts the root that the
    /// enclave's OWN device put into the enclave's OWN document, so that one image serves every
    /// partition and no chain mixes two. A client that calls this with a received document trusts
    /// whatever the sender likes.
    /// </summary>
    /// <exception cref="ArgumentException">The root is not a P-384 certificate.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TrustedRoot FromOwnNsmDocument(UnverifiedAttestation ownDocument)
    {
        ArgumentNullException.ThrowIfNull(ownDocument);
        return new TrustedRoot(TrustedRootKind.OwnNsmDocument, ownDocument.CaBundle[0]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Fingerprint}";

    private static TrustedRoot LoadAws()
    {
        var root = new TrustedRoot(
            TrustedRootKind.AwsNitroEnclavesG1,
            Convert.FromBase64String(AwsNitroEnclavesRootG1.Base64));
        return root.Fingerprint.ToHex() == AwsNitroEnclavesRootG1.Sha256Hex
            ? root
            : throw new InvalidOperationException("The embedded AWS root is damaged.");
    }
}
