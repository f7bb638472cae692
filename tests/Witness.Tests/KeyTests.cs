using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Cryptography;
using Sequencer.Witness.Signing;
using Sequencer.Witness.State;

namespace Sequencer.Witness.Tests;

public sealed class KeyTests : IDisposable
{
    // The seed 20..3f and what another implementation of the formats made of it.
    private const string PrivateKey =
        "PRIVATE+KEY+witness.example/w1+20324abe+BCAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/";

    private const string PublicKey =
        "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

    private const string Text =
        "sequencer.example/log1\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";

    private const string Line =
        "\u2014 witness.example/w1 IDJKvgAAAABpVbkAijGsZ1tzhQEiarbGq8loKS8SXHIhIn9gP8gW9ED3fmU9"
        + "c58oGCW3Z4ByzQ5YirQsgvmLl8HOzm3L08AugbdqDQ==";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_golden_cosignature_is_made_byte_for_byte()
    {
        Assert.True(CosigningKey.TryParse(PrivateKey, out CosigningKey? key));
        using (key)
        {
            Assert.Equal(PublicKey, key.Verifier.ToString());
            byte[] text = System.Text.Encoding.UTF8.GetBytes(Text);
            NoteSignature line = key.Cosign(text, DateTimeOffset.FromUnixTimeSeconds(1767225600));
            Assert.Equal(Line, line.ToString());
        }
    }

    [Fact]
    public void Signatures_are_those_of_another_implementation()
    {
        byte[] seed = new byte[32];
        new Random(5).NextBytes(seed);
        using var key = Ed25519PrivateKey.FromSeed(seed);
        Assert.Equal(Ed25519Oracle.PublicKey(seed), key.PublicKey());
        for (int length = 1; length < 200; length += 40)
        {
            var message = new byte[length];
            Assert.Equal(Ed25519Oracle.Sign(seed, message), key.Sign(message));
        }
    }

    [Fact]
    public void The_key_is_made_once_and_only_its_owner_can_read_it()
    {
        string first = Open("w.example");
        Assert.Equal(first, Open("w.example"));
        string path = Path.Combine(_directory.Path, "key");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead);
        Refused("can be read by others");
    }

    [Fact]
    public void Another_name_and_a_damaged_file_are_refused()
    {
        Open("other.example");
        Refused("is the key of other.example");
        string path = Path.Combine(_directory.Path, "key");
        string text = File.ReadAllText(path);
        string other = text.Replace("PRIVATE", "PUBLIC", StringComparison.Ordinal);
        foreach (string damaged in (string[])["", text[..^1], text[..^5] + "\n", other])
        {
            File.WriteAllText(path, damaged);
            Refused("is damaged");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a+b")]
    public void No_key_has_such_a_name(string name) =>
        Assert.Throws<ArgumentException>(() => CosigningKey.Generate(name));

    private string Open(string name)
    {
        using StateDirectory directory = StateDirectory.Open(_directory.Path);
        using CosigningKey key = KeyFile.Open(directory, name);
        return key.Verifier.ToString();
    }

    private void Refused(string reason)
    {
        var fault = Assert.Throws<WitnessStateException>(() => Open("w.example"));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }
}
