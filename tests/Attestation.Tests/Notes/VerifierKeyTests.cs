using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Cryptography;

namespace Sequencer.Attestation.Tests.Notes;

public class VerifierKeyTests
{
    [Theory]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", 1)]
    [InlineData(Vectors.LogKey, 1)]
    [InlineData(Vectors.EcdsaKey, 2)]
    [InlineData(Vectors.WitnessKey, 4)]
    public void A_vkey_is_read_and_written_back(string text, byte type)
    {
        VerifierKey key = Vectors.Key(text);
        Assert.Equal(type, (byte)key.Type);
        Assert.Equal(text, key.ToString());
    }

    [Fact]
    public void A_vkey_is_made_from_its_parts()
    {
        Assert.True(VerifierKey.TryCreate(
            Vectors.Witness, NoteSignatureType.Cosignature,
            Ed25519Oracle.PublicKey(Vectors.WitnessSeed), out VerifierKey? key, out _));
        Assert.Equal(Vectors.WitnessKey, key.ToString());
        Assert.Equal(0x20324abeu, key.KeyId);
    }

    [Fact]
    public void A_vkey_with_a_flipped_bit_is_refused()
    {
        foreach (string text in new[] { Vectors.LogKey, Vectors.EcdsaKey, Vectors.WitnessKey })
        {
            foreach (byte[] flipped in Seeded.OneBitFlips(Vectors.Bytes(text)))
            {
                string mutated = System.Text.Encoding.Latin1.GetString(flipped);
                Assert.False(VerifierKey.TryParse(mutated, out VerifierKey? key, out _)
                    // The id of an ECDSA key does not cover the name.
                    && (key.Type != NoteSignatureType.EcdsaP256 || key.ToString() != mutated));
            }
        }
    }

    [Theory]
    [InlineData("", VerifierKeyRefusal.Malformed)]
    [InlineData("name", VerifierKeyRefusal.Malformed)]
    [InlineData("name+d3330035", VerifierKeyRefusal.Malformed)]
    [InlineData("name+d3330035+", VerifierKeyRefusal.Malformed)]
    [InlineData("name+d333003+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.Malformed)]
    [InlineData(Vectors.LogKey + "\n", VerifierKeyRefusal.Malformed)]
    [InlineData(Vectors.LogKey + "A", VerifierKeyRefusal.Malformed)]
    [InlineData("+d3330035+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.BadName)]
    [InlineData("a name+d3330035+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.BadName)]
    [InlineData("sequencer.example/log1+D3330035+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.KeyIdMismatch)]
    [InlineData("sequencer.example/log2+d3330035+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.KeyIdMismatch)]
    [InlineData("sequencer.example/log1+d3330035+BgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.UnsupportedType)]
    [InlineData("sequencer.example/log1+d3330035+/wOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.UnsupportedType)]
    [InlineData("sequencer.example/log1+d3330035+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQS",
        VerifierKeyRefusal.BadKey)]
    [InlineData("sequencer.example/log1+d3330035+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        VerifierKeyRefusal.BadKey)]
    [InlineData("sequencer.example/log1+d3330035+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        VerifierKeyRefusal.BadKey)]
    public void Other_texts_are_refused_for_their_reason(string text, VerifierKeyRefusal expected)
    {
        Assert.False(VerifierKey.TryParse(text, out VerifierKey? key, out var refusal));
        Assert.Null(key);
        Assert.Equal(expected, refusal);
    }
}
