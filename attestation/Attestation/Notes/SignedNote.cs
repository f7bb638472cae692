using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Sequencer.Attestation.Notes;

/// <summary>Why bytes are not a signed note.</summary>
public enum NoteRefusal
{
    /// <summary>They are one.</summary>
    None,

    /// <summary>Longer than <see cref="SignedNote.MaxBytes"/>.</summary>
    TooLong,

    /// <summary>Not UTF-8.</summary>
    NotUtf8,

    /// <summary>A byte below 0x20 other than a line feed.</summary>
    ControlCharacter,

    /// <summary>No blank line with signature lines, each ended by a line feed, after it.</summary>
    NoSignatures,

    /// <summary>A line after the blank one is not a signature in its one form.</summary>
    MalformedSignature,

    /// <summary>More than <see cref="SignedNote.MaxSignatures"/> signature lines.</summary>
    TooManySignatures,
}

/// <summary>
/// A signed note (c2sp.org/signed-note) as it was received: text, a blank line, signature lines.
/// Nothing in it is verified; see <see cref="VerifiedNote"/>.
/// </summary>
public sealed class SignedNote
{
    /// <summary>Longest note, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Most signature lines; the specification asks for at least 16.</summary>
    public const int MaxSignatures = 64;

    /// <summary>Longest key name, in UTF-16 units.</summary>
    public const int MaxKeyNameChars = 1024;

    private SignedNote(ReadOnlyMemory<byte> text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>The signed bytes: the text with its last line feed, without the blank line.
    /// </summary>
    public ReadOnlyMemory<byte> Text { get; }

    /// <summary>The signature lines in their order; at least one.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Reads a note, keeping a copy of its text.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedNote? note, out NoteRefusal refusal)
    {
        note = null;
        refusal = Read(bytes, out ReadOnlySpan<byte> text, out List<NoteSignature> signatures);
        if (refusal == NoteRefusal.None) note = new SignedNote(text.ToArray(), signatures);
        return note is not null;
    }

    /// <summary>Puts a note together from parts that the caller vouches for.</summary>
    /// <exception cref="ArgumentException">The parts make no note that could be read.</exception>
    public static SignedNote Create(
        ReadOnlySpan<byte> text, IReadOnlyList<NoteSignature> signatures)
    {
        byte[] bytes = Join(text, signatures);
        if (TryParse(bytes, out SignedNote? note, out NoteRefusal refusal)
            && note.Text.Span.SequenceEqual(text))
        {
            return note;
        }
        throw new ArgumentException($"These parts make no signed note: {refusal}.");
    }

    /// <summary>The bytes of the note: those that it was read from.</summary>
    public byte[] ToBytes() => Join(Text.Span, Signatures);

    private static byte[] Join(ReadOnlySpan<byte> text, IReadOnlyList<NoteSignature> signatures)
    {
        var lines = new StringBuilder("\n");
        foreach (NoteSignature signature in signatures) lines.Append(signature).Append('\n');
        return [.. text, .. Encoding.UTF8.GetBytes(lines.ToString())];
    }

    private static NoteRefusal Read(
        ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> text, out List<NoteSignature> signatures)
    {
        text = default;
        signatures = [];
        if (bytes.Length > MaxBytes) return NoteRefusal.TooLong;
        if (!Utf8.IsValid(bytes)) return NoteRefusal.NotUtf8;
        foreach (byte b in bytes)
        {
            if (b < 0x20 && b != '\n') return NoteRefusal.ControlCharacter;
        }

        // The last empty line: a text may hold empty lines of its own.
        int blank = bytes.LastIndexOf("\n\n"u8);
        if (blank < 0 || bytes.Length == blank + 2 || bytes[^1] != '\n')
        {
            return NoteRefusal.NoSignatures;
        }
        text = bytes[..(blank + 1)];
        ReadOnlySpan<char> lines = Encoding.UTF8.GetString(bytes[(blank + 2)..^1]);
        foreach (Range line in lines.Split('\n'))
        {
            if (signatures.Count == MaxSignatures) return NoteRefusal.TooManySignatures;
            if (!NoteSignature.TryParse(lines[line], out NoteSignature? signature))
            {
                return NoteRefusal.MalformedSignature;
            }
            signatures.Add(signature);
        }
        return NoteRefusal.None;
    }
}
