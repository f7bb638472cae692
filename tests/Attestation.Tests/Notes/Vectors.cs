using System.Text;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Tests.Notes;

/// <summary>
/// A checkpoint over the eight reference leaves with a log and a witness signature. Keys: seeds
/// 00..1f and 20..3f, and for ECDSA the scalar 40..5f with an RFC 6979 nonce. Computed with
/// another implementation of the formats.
/// </summary>
internal static class Vectors
{
    public const string Origin = "sequencer.example/log1";
    public const string Witness = "witness.example/w1";
    public const ulong WitnessTimeSeconds = 1767225600;

    public const string LogKey =
        "sequencer.example/log1+d3330035+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

    public const string WitnessKey =
        "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

    public const string EcdsaKey =
        "sequencer.example/log1+caf2bba7+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGjsfPCM1BBuQ7FN6JVC"
        + "ZSK9CkUVDAJ+RceVNDTXR+e64685qI677oZ5u2HnhFw6icubWjI3w/2wsFh9uvQVEY0=";

    public const string Text =
        "sequencer.example/log1\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";

    public const string LogLine =
        "\u2014 sequencer.example/log1 0zMANYxsGTSTQ+oXz9tIL7Rk6v75ngLCc7CDpTynN3zD0/viRE/00089"
        + "PvZCF3d5TobgsCPzxVIPgPGuVXR8M17JbwU=\n";

    public const string WitnessLine =
        "\u2014 witness.example/w1 IDJKvgAAAABpVbkAijGsZ1tzhQEiarbGq8loKS8SXHIhIn9gP8gW9ED3fmU9"
        + "c58oGCW3Z4ByzQ5YirQsgvmLl8HOzm3L08AugbdqDQ==\n";

    public const string EcdsaLine =
        "\u2014 sequencer.example/log1 yvK7pzBEAiAnF36Edm0pKCllxTu9ibcmRL9OFYCRYXFLjKdivoJNJwIg"
        + "IB0+R5ASqjiOuQgJC48tTQ8a8hIf8YA2VDgt3/+FdUc=\n";

    public const string NoteText = Text + "\n" + LogLine + WitnessLine;

    public static readonly byte[] LogSeed = Range(0);
    public static readonly byte[] WitnessSeed = Range(0x20);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static SignedNote Note(string text)
    {
        Assert.True(SignedNote.TryParse(Bytes(text), out var note, out var refusal));
        Assert.Equal(NoteRefusal.None, refusal);
        return note;
    }

    public static VerifierKey Key(string vkey)
    {
        Assert.True(VerifierKey.TryParse(vkey, out var key, out var refusal));
        Assert.Equal(VerifierKeyRefusal.None, refusal);
        return key;
    }

    private static byte[] Range(int start) =>
        [.. Enumerable.Range(start, 32).Select(i => (byte)i)];
}
