namespace Sequencer.Attestation.Nitro;

/// <summary>
/// The bounds that a document is held to, checked before anything is copied. They follow the
/// device (4 KiB a request, 12 KiB a response), not the tighter text of its documentation: genuine
/// documents carry options of 1024 bytes.
/// </summary>
public static class AttestationLimits
{
    /// <summary>Longest document, in bytes.</summary>
    public const int DocumentBytesMax = 16 * 1024;

    /// <summary>Longest payload, in bytes: the response buffer of the device.</summary>
    public const int PayloadBytesMax = 12 * 1024;

    /// <summary>Longest public_key, user_data or nonce, in bytes: a whole request.</summary>
    public const int OptionBytesMax = 4 * 1024;

    /// <summary>Longest certificate, in bytes.</summary>
    public const int CertificateBytesMax = 1024;

    /// <summary>Most certificates in cabundle. AWS has four, a simulator one.</summary>
    public const int CaBundleCountMax = 8;

    /// <summary>Number of PCRs that exist.</summary>
    public const int PcrCountMax = 32;

    /// <summary>Length of a SHA-384 PCR, in bytes.</summary>
    public const int PcrBytes = 48;

    /// <summary>Longest module_id, in characters.</summary>
    public const int ModuleIdLengthMax = 255;

    /// <summary>Most fields in the payload map; nine are known, others are passed over.</summary>
    public const int FieldCountMax = 32;

    /// <summary>Longest name of a field, in bytes.</summary>
    public const int FieldNameBytesMax = 64;

    /// <summary>Deepest nesting of a value that is passed over.</summary>
    public const int IgnoredDepthMax = 8;

    /// <summary>Length of the document's signature, in bytes: r || s on P-384.</summary>
    public const int SignatureBytes = 96;
}
