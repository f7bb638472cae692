namespace Sequencer.Attestation.Nitro;

/// <summary>
/// A genuine document of a debug-mode enclave. Its console and memory are open to the parent, so
/// nothing it says can be relied on: a type apart, which no check of a receipt takes.
/// </summary>
public sealed class InsecureDebugAttestation
{
    internal InsecureDebugAttestation(
        UnverifiedAttestation document, LeafValidity validity, TrustedRoot root)
    {
        Document = document;
        LeafNotBefore = validity.NotBefore;
        LeafNotAfter = validity.NotAfter;
        Root = root;
    }

    /// <summary>What the document says; signature and chain held.</summary>
    public UnverifiedAttestation Document { get; }

    /// <summary>The root that the chain starts with.</summary>
    public TrustedRoot Root { get; }

    /// <summary>Start of the leaf certificate's validity, inclusive.</summary>
    public DateTimeOffset LeafNotBefore { get; }

    /// <summary>End of the leaf certificate's validity, inclusive.</summary>
    public DateTimeOffset LeafNotAfter { get; }
}
