using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Tests.Notes;

public class AddCheckpointRequestTests
{
    private const string Hash = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";

    [Fact]
    public void A_request_has_one_form()
    {
        string text = "old 4\n" + Hash + Hash + "\n" + Vectors.NoteText;
        Assert.True(AddCheckpointRequest.TryParse(Vectors.Bytes(text), out var request));
        Assert.Equal(4u, request.OldSize);
        Assert.Equal(2, request.Proof.Length);
        Assert.Equal(Vectors.Bytes(text), request.Encode());
    }

    [Theory]
    [InlineData("old 04\n\n")]
    [InlineData("old -1\n\n")]
    [InlineData("old 9223372036854775809\n\n")]
    [InlineData("old\n\n")]
    [InlineData("old 4 \n\n")]
    [InlineData("Old 4\n\n")]
    [InlineData("old 4\n")]
    [InlineData("\nold 4\n\n")]
    [InlineData("old 4\nXcnaeac=\n\n")]
    [InlineData("old 4\n" + Hash + " \n\n")]
    [InlineData("old ü\n\n")]
    public void Any_other_header_is_refused(string header) =>
        Assert.False(AddCheckpointRequest.TryParse(
            Vectors.Bytes(header + Vectors.NoteText), out _));

    [Fact]
    public void Long_proofs_and_long_bodies_are_refused()
    {
        string proof = string.Concat(Enumerable.Repeat(Hash, AddCheckpointRequest.ProofMax));
        string note = "\n" + Vectors.NoteText;
        Assert.True(AddCheckpointRequest.TryParse(
            Vectors.Bytes("old 4\n" + proof + note), out _));
        Assert.False(AddCheckpointRequest.TryParse(
            Vectors.Bytes("old 4\n" + proof + Hash + note), out _));
        Assert.False(AddCheckpointRequest.TryParse(
            new byte[AddCheckpointRequest.MaxBytes + 1], out _));
    }

    [Fact]
    public void A_golden_cosignature_verifies_and_no_bit_of_it_can_change()
    {
        VerifierKey key = Vectors.Key(Vectors.WitnessKey);
        byte[] text = Vectors.Bytes(Vectors.Text);
        Assert.True(NoteSignature.TryParse(Vectors.WitnessLine.TrimEnd('\n'), out var line));
        Assert.Equal(72, line.Signature.Length);
        Assert.Equal(key.KeyId, line.KeyId);
        Assert.Equal(
            NoteSignatureResult.Valid,
            NoteSignatureVerification.Verify(key, text, line.Signature.Span, out ulong? seconds));
        Assert.Equal(Vectors.WitnessTimeSeconds, seconds);
        foreach (byte[] flipped in Seeded.OneBitFlips(line.Signature.ToArray()))
        {
            Assert.Equal(
                NoteSignatureResult.Invalid,
                NoteSignatureVerification.Verify(key, text, flipped, out _));
        }
    }
}
