namespace Sequencer.Attestation.Nitro;

/// <summary>The major type of a CBOR item (RFC 8949 section 3.1), by its number.</summary>
public enum CborKind
{
    /// <summary>Major type 0.</summary>
    UnsignedInteger = 0,

    /// <summary>Major type 1.</summary>
    NegativeInteger = 1,

    /// <summary>Major type 2.</summary>
    ByteString = 2,

    /// <summary>Major type 3.</summary>
    TextString = 3,

    /// <summary>Major type 4.</summary>
    Array = 4,

    /// <summary>Major type 5.</summary>
    Map = 5,

    /// <summary>Major type 6.</summary>
    Tag = 6,

    /// <summary>Major type 7: only false, true and null are known here.</summary>
    Simple = 7,
}
