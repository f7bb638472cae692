using System.Text;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Tests.Notes;

public class SignedNoteTests
{
    private const string Line = "\u2014 name AAAAAAE=\n";

    [Fact]
    public void The_vector_is_read_and_written_back()
    {
        SignedNote note = Vectors.Note(Vectors.NoteText);
        Assert.Equal(Vectors.Bytes(Vectors.Text), note.Text.ToArray());
        Assert.Equal([Vectors.Origin, Vectors.Witness], note.Signatures.Select(s => s.KeyName));
        Assert.Equal([0xd3330035u, 0x20324abeu], note.Signatures.Select(s => s.KeyId));
        Assert.Equal([64, 72], note.Signatures.Select(s => s.Signature.Length));
        Assert.Equal(Vectors.Bytes(Vectors.NoteText), note.ToBytes());
    }

    [Fact]
    public void The_last_empty_line_ends_the_text()
    {
        SignedNote note = Vectors.Note("one\n\ntwo\n\n\u2014 not a signature\n\n" + Line);
        Assert.Equal(
            "one\n\ntwo\n\n\u2014 not a signature\n", Encoding.UTF8.GetString(note.Text.Span));
    }

    [Theory]
    [InlineData("", NoteRefusal.NoSignatures)]
    [InlineData("text\n", NoteRefusal.NoSignatures)]
    [InlineData("text\n\n", NoteRefusal.NoSignatures)]
    [InlineData("text\n" + Line, NoteRefusal.NoSignatures)]
    [InlineData("\n" + Line, NoteRefusal.NoSignatures)]
    [InlineData("text\n\n\u2014 name AAAAAAE=", NoteRefusal.NoSignatures)]
    [InlineData("text\n\n" + Line + "\n", NoteRefusal.NoSignatures)]
    [InlineData("te\txt\n\n" + Line, NoteRefusal.ControlCharacter)]
    [InlineData("text\r\n\n" + Line, NoteRefusal.ControlCharacter)]
    [InlineData("te\0xt\n\n" + Line, NoteRefusal.ControlCharacter)]
    [InlineData("text\n\n- name AAAAAAE=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 AAAAAAE=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014  AAAAAAE=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 name  AAAAAAE=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 name AAAAAAE= \n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 na+me AAAAAAE=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 na\u2003me AAAAAAE=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 name AAAAAA==\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 name AAAAAAF=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 name AAAAAAE\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 name AAAA_-E=\n", NoteRefusal.MalformedSignature)]
    [InlineData("text\n\n\u2014 name\n", NoteRefusal.MalformedSignature)]
    public void Other_bytes_are_refused_for_their_reason(string text, NoteRefusal expected)
    {
        Assert.False(SignedNote.TryParse(Vectors.Bytes(text), out var note, out var refusal));
        Assert.Null(note);
        Assert.Equal(expected, refusal);
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_are_refused()
    {
        byte[] bytes = [.. "te"u8, 0xc0, 0x80, .. Vectors.Bytes("xt\n\n" + Line)];
        Assert.False(SignedNote.TryParse(bytes, out _, out NoteRefusal refusal));
        Assert.Equal(NoteRefusal.NotUtf8, refusal);
    }

    [Fact]
    public void Limits_are_exact()
    {
        string lines = string.Concat(Enumerable.Repeat(Line, SignedNote.MaxSignatures));
        Assert.Equal(64, Vectors.Note("text\n\n" + lines).Signatures.Count);
        Assert.False(SignedNote.TryParse(
            Vectors.Bytes("text\n\n" + lines + Line), out _, out NoteRefusal refusal));
        Assert.Equal(NoteRefusal.TooManySignatures, refusal);

        int rest = SignedNote.MaxBytes - Vectors.Bytes("\n\n" + Line).Length;
        byte[] longest = Vectors.Note(new string('a', rest) + "\n\n" + Line).ToBytes();
        Assert.Equal(SignedNote.MaxBytes, longest.Length);
        Assert.False(SignedNote.TryParse(
            Vectors.Bytes(new string('a', rest + 1) + "\n\n" + Line), out _, out refusal));
        Assert.Equal(NoteRefusal.TooLong, refusal);
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_is_another_notes_only_encoding()
    {
        foreach (byte[] flipped in Seeded.OneBitFlips(Vectors.Bytes(Vectors.NoteText)))
        {
            if (!SignedNote.TryParse(flipped, out SignedNote? note, out _)) continue;
            Assert.Equal(flipped, note.ToBytes());
        }
    }

    [Fact]
    public void Random_notes_are_read_back()
    {
        var random = Seeded.Random(out _);
        const string Letters = "ab \n\u00e9\u2014\u20ac+/";
        for (int i = 0; i < 500; i++)
        {
            char[] letters = random.GetItems<char>(Letters, random.Next(60));
            string text = new([.. letters, '\n']);
            NoteSignature[] signatures = [.. Enumerable.Range(0, random.Next(1, 9)).Select(n =>
                new NoteSignature(
                    $"k\u00e9y{n}", (uint)random.Next(), random.Bytes(random.Next(1, 90))))];
            byte[] bytes = SignedNote.Create(Vectors.Bytes(text), signatures).ToBytes();
            SignedNote read = Vectors.Note(Encoding.UTF8.GetString(bytes));
            Assert.Equal(text, Encoding.UTF8.GetString(read.Text.Span));
            Assert.Equal(
                signatures.Select(s => s.ToString()), read.Signatures.Select(s => s.ToString()));
            Assert.Equal(bytes, read.ToBytes());
        }
    }

    [Fact]
    public void Parts_that_make_no_note_are_a_callers_error()
    {
        var signature = new NoteSignature("name", 1, new byte[] { 1 });
        Assert.Throws<ArgumentException>(() => SignedNote.Create("text"u8, [signature]));
        Assert.Throws<ArgumentException>(() => SignedNote.Create("text\n"u8, []));
        Assert.Throws<ArgumentException>(() =>
            SignedNote.Create("text\n"u8, [signature with { KeyName = "a b" }]));
        Assert.Throws<ArgumentException>(() =>
            SignedNote.Create("text\n"u8, [signature with { KeyName = "a 1234\n\n\u2014 b" }]));
    }
}
