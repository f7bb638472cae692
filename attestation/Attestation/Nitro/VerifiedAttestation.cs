using System.Collections.Immutable;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// What an enclave attested: every rule held, down to a trusted root and up to the caller's policy.
/// Only <see cref="NitroAttestationVerifier"/> makes one.
/// </summary>
public sealed class VerifiedAttestation
{
    internal VerifiedAttestation(
        UnverifiedAttestation document,
        LeafValidity validity,
        TrustedRoot root,
        MeasurementSet measurements)
    {
        Document = document;
        LeafNotBefore = validity.NotBefore;
        LeafNotAfter = validity.NotAfter;
        Root = root;
        Measurements = measurements;
    }

    /// <summary>The accepted image that the enclave runs.</summary>
    public MeasurementSet Measurements { get; }

    /// <summary>The root that the chain starts with.</summary>
    public TrustedRoot Root { get; }

    /// <summary>Start of the leaf certificate's validity, inclusive.</summary>
    public DateTimeOffset LeafNotBefore { get; }

    /// <summary>End of the leaf certificate's validity, inclusive: three hours later.</summary>
    public DateTimeOffset LeafNotAfter { get; }

    /// <inheritdoc cref="UnverifiedAttestation.ModuleId"/>
    public string ModuleId => Document.ModuleId;

    /// <inheritdoc cref="UnverifiedAttestation.Timestamp"/>
    public DateTimeOffset Timestamp => Document.Timestamp;

    /// <summary>All locked PCRs by index, those beyond the policy included.</summary>
    public ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> Pcrs => Document.Pcrs;

    /// <inheritdoc cref="UnverifiedAttestation.PublicKey"/>
    public ReadOnlyMemory<byte>? PublicKey => Document.PublicKey;

    /// <inheritdoc cref="UnverifiedAttestation.UserData"/>
    public ReadOnlyMemory<byte>? UserData => Document.UserData;

    /// <inheritdoc cref="UnverifiedAttestation.Nonce"/>
    public ReadOnlyMemory<byte>? Nonce => Document.Nonce;

    /// <summary>The document itself.</summary>
    internal UnverifiedAttestation Document { get; }
}
