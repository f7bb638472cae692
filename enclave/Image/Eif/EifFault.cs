namespace Sequencer.Enclave.Image.Eif;

/// <summary>Why bytes are no enclave image; one case for each rule of the reader.</summary>
public enum EifFault
{
    /// <summary>Longer than <see cref="EifFormat.FileBytesMax"/>.</summary>
    TooLong,

    /// <summary>Ends within the header or a section.</summary>
    Truncated,

    /// <summary>Does not begin with <c>.eif</c>.</summary>
    Magic,

    /// <summary>Another version than 4.</summary>
    Version,

    /// <summary>A flag that has no meaning, in the header or a section.</summary>
    Flags,

    /// <summary>A reserved or unused field is not zero.</summary>
    Reserved,

    /// <summary>No sections, or more than the tables hold.</summary>
    SectionCount,

    /// <summary>A section does not begin where the one before it ends.</summary>
    SectionOffset,

    /// <summary>Table and section header differ about a size.</summary>
    SectionSize,

    /// <summary>A section type that is not known.</summary>
    SectionType,

    /// <summary>
    /// Not kernel, command line, metadata, one or more ramdisks and at most one signature, in this
    /// order.
    /// </summary>
    SectionOrder,

    /// <summary>The command line is too long, or is no text without control characters.</summary>
    CommandLine,

    /// <summary>The metadata or the signature are longer than their limits.</summary>
    SectionTooLong,

    /// <summary>Bytes after the last section.</summary>
    TrailingBytes,

    /// <summary>The checksum is another.</summary>
    Checksum,
}

/// <summary>The first rule that a file breaks.</summary>
/// <param name="Fault">The rule.</param>
/// <param name="Offset">Of the field that breaks it, in bytes from the file's start.</param>
/// <param name="Expected">What the rule asks for.</param>
/// <param name="Actual">What stands there.</param>
public sealed record EifRefusal(EifFault Fault, long Offset, string Expected, string Actual)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Fault} at byte {Offset}: expected {Expected}, found {Actual}";
}
