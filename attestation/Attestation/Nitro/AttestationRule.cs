namespace Sequencer.Attestation.Nitro;

/// <summary>
/// The rules that an attestation document is checked by: one case each, in the order of the checks.
/// A refusal names the first rule that did not hold.
/// </summary>
public enum AttestationRule
{
    // The envelope: COSE_Sign1 (RFC 9052 section 4.2).

    /// <summary>The document has at most 16 KiB.</summary>
    DocumentSize,

    /// <summary>No tag, or exactly one tag 18.</summary>
    CoseTag,

    /// <summary>An array of exactly four items: header, header, payload, signature.</summary>
    CoseShape,

    /// <summary>The protected header is the bytes a1013822: ES384 and nothing else.</summary>
    ProtectedHeader,

    /// <summary>The unprotected header is an empty map.</summary>
    UnprotectedHeader,

    /// <summary>The payload is attached and not empty.</summary>
    PayloadMissing,

    /// <summary>The payload has at most 12 KiB, the most that the device answers.</summary>
    PayloadSize,

    /// <summary>The signature has 96 bytes: r || s.</summary>
    SignatureLength,

    // CBOR (RFC 8949), in the envelope and in the payload.

    /// <summary>Every item is complete.</summary>
    CborTruncated,

    /// <summary>Integers and lengths are in their shortest form.</summary>
    CborNotMinimal,

    /// <summary>No reserved form, misplaced break, float or undefined.</summary>
    CborReservedForm,

    /// <summary>Indefinite lengths only for the payload map, pcrs and cabundle.</summary>
    CborIndefinite,

    /// <summary>Ignored values are not nested deeper than a bound.</summary>
    CborDepth,

    /// <summary>Text is UTF-8.</summary>
    CborUtf8,

    /// <summary>Nothing follows the document or its payload.</summary>
    CborTrailingBytes,

    // The payload map.

    /// <summary>The payload is a map.</summary>
    PayloadNotMap,

    /// <summary>The payload map has at most 32 entries.</summary>
    FieldCount,

    /// <summary>The keys of the payload map are short text strings.</summary>
    FieldName,

    /// <summary>No key twice.</summary>
    DuplicateField,

    /// <summary>module_id, digest, timestamp, pcrs, certificate and cabundle are present.</summary>
    FieldMissing,

    /// <summary>Each field has its type.</summary>
    FieldType,

    /// <summary>An enclave speaks, not a NitroTPM instance.</summary>
    NitroTpm,

    /// <summary>module_id is 1 to 255 printable ASCII characters.</summary>
    ModuleId,

    /// <summary>digest is "SHA384".</summary>
    DigestAlgorithm,

    /// <summary>timestamp is above zero and names a time that exists.</summary>
    Timestamp,

    /// <summary>1 to 32 PCRs.</summary>
    PcrCount,

    /// <summary>PCR indexes are 0 to 31.</summary>
    PcrIndex,

    /// <summary>No PCR index twice.</summary>
    DuplicatePcr,

    /// <summary>A PCR has 32, 48 or 64 bytes.</summary>
    PcrLength,

    /// <summary>The leaf certificate has 1 to 1024 bytes.</summary>
    CertificateSize,

    /// <summary>cabundle has 1 to 8 certificates.</summary>
    CaBundleCount,

    /// <summary>Each cabundle entry has 1 to 1024 bytes.</summary>
    CaBundleEntrySize,

    /// <summary>public_key, user_data and nonce have at most 4 KiB each.</summary>
    OptionSize,

    // The certificates (RFC 5280).

    /// <summary>The first cabundle entry is the trusted root, byte for byte.</summary>
    RootNotTrusted,

    /// <summary>Every certificate is DER.</summary>
    CertificateMalformed,

    /// <summary>Nothing follows a certificate's DER.</summary>
    CertificateTrailingBytes,

    /// <summary>Every certificate is X.509 version 3.</summary>
    CertificateVersion,

    /// <summary>ecdsa-with-SHA384, inside the signed part and outside it.</summary>
    CertificateSignatureAlgorithm,

    /// <summary>The key is an EC key on the named curve P-384.</summary>
    CertificateCurve,

    /// <summary>The key is an uncompressed point on the curve.</summary>
    CertificateKey,

    /// <summary>No extension twice.</summary>
    DuplicateExtension,

    /// <summary>No critical extension but basicConstraints and keyUsage.</summary>
    UnknownCriticalExtension,

    /// <summary>No extendedKeyUsage: such a certificate is meant for something else.</summary>
    ExtendedKeyUsage,

    /// <summary>basicConstraints is present and critical; CA is true in every issuer.</summary>
    BasicConstraints,

    /// <summary>The leaf is not a CA.</summary>
    LeafIsCa,

    /// <summary>An issuer has at most pathLenConstraint issuers below it.</summary>
    PathLength,

    /// <summary>Issuers have keyCertSign; the leaf digitalSignature, not keyCertSign.</summary>
    KeyUsage,

    /// <summary>Root first, each certificate issued by the subject before it.</summary>
    IssuerMismatch,

    /// <summary>The time is not before notBefore (inclusive).</summary>
    CertificateNotYetValid,

    /// <summary>The time is not after notAfter (inclusive).</summary>
    CertificateExpired,

    /// <summary>The leaf's common name is module_id.region.aws.</summary>
    LeafSubject,

    // Signatures.

    /// <summary>The leaf's key signed the document.</summary>
    CoseSignature,

    /// <summary>The issuer's key signed the certificate.</summary>
    CertificateSignature,

    // The policy of the one who asks.

    /// <summary>PCR0, PCR1 and PCR2 are not all zero: not a debug-mode enclave.</summary>
    DebugMode,

    /// <summary>Asked for a debug-mode enclave, and it is not one.</summary>
    NotDebugMode,

    /// <summary>Compared PCRs have 48 bytes.</summary>
    PcrNotSha384,

    /// <summary>Every PCR that the policy names is in the document.</summary>
    PcrMissing,

    /// <summary>The PCRs equal those of one accepted set.</summary>
    PcrMismatch,

    /// <summary>A live document carries a nonce.</summary>
    NonceMissing,

    /// <summary>The nonce is the one that was sent.</summary>
    NonceMismatch,

    /// <summary>A live document is not older than asked.</summary>
    TooOld,

    /// <summary>A live document is not from the future, but for a small clock skew.</summary>
    FromTheFuture,
}
