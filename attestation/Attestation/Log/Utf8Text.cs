using System.Text.Unicode;

namespace Sequencer.Attestation.Log;

/// <summary>What counts as text in the formats: well-formed UTF-8, of a bounded length.</summary>
internal static class Utf8Text
{
    /// <summary>A name: 1 to 255 bytes of text.</summary>
    public static bool IsName(ReadOnlySpan<byte> bytes) =>
        bytes.Length is > 0 and <= Limits.NameMaxBytes && Utf8.IsValid(bytes);

    /// <summary>Text without control characters U+0000 to U+001F and U+007F.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes)
        && !bytes.ContainsAnyInRange((byte)0, (byte)0x1F)
        && !bytes.Contains((byte)0x7F);
}
