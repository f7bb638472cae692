namespace Sequencer.Attestation.Nitro;

/// <summary>Why <see cref="StrictCborReader"/> refused a read.</summary>
public enum CborFault
{
    /// <summary>No read has failed yet.</summary>
    None,

    /// <summary>The input ends inside the item.</summary>
    Truncated,

    /// <summary>The next item has another major type than asked for.</summary>
    WrongType,

    /// <summary>An integer or length is written in more bytes than it needs.</summary>
    NotMinimal,

    /// <summary>
    /// A reserved additional-information value, a break out of place, or a simple value other than
    /// false, true and null (floats included: no format here has any).
    /// </summary>
    ReservedForm,

    /// <summary>An indefinite length where none is allowed. Strings never have one.</summary>
    Indefinite,

    /// <summary>A string's length or a collection's count is over the caller's bound.</summary>
    TooLong,

    /// <summary>Items are nested deeper than the caller's bound.</summary>
    TooDeep,

    /// <summary>A text string is not well-formed UTF-8.</summary>
    InvalidUtf8,

    /// <summary>Bytes follow where the input should have ended.</summary>
    TrailingBytes,
}
