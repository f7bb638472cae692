using System.Globalization;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Notes;

/// <summary>Numbers and bytes as notes write them, each with one text only.</summary>
internal static class CanonicalText
{
    /// <summary>
    /// Decimal digits without a leading zero, at most <see cref="TreeHash.MaxSize"/>.
    /// </summary>
    internal static bool TryParseDecimal(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        if (text.Length == 0 || (text[0] == '0' && text.Length > 1)) return false;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value <= TreeHash.MaxSize;
    }

    /// <summary>
    /// Standard base64 with padding (RFC 4648 section 4). The platform's reader skips white space
    /// and drops stray bits; writing the bytes again shows both.
    /// </summary>
    internal static bool TryParseBase64(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 != 0) return false;
        var buffer = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, buffer, out int length)) return false;
        if (!text.SequenceEqual(Convert.ToBase64String(buffer, 0, length))) return false;
        bytes = buffer[..length];
        return true;
    }

    /// <summary>
    /// The name of a key, and the origin of a log that is named by it: not empty, without any
    /// Unicode space, '+' or control character, and text that UTF-8 can hold.
    /// </summary>
    internal static bool IsKeyName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > SignedNote.MaxKeyNameChars) return false;
        while (!name.IsEmpty)
        {
            if (System.Text.Rune.DecodeFromUtf16(name, out var rune, out int used)
                != System.Buffers.OperationStatus.Done)
            {
                return false;
            }
            if (System.Text.Rune.IsWhiteSpace(rune) || rune.Value is '+' or < 0x20) return false;
            name = name[used..];
        }
        return true;
    }
}
