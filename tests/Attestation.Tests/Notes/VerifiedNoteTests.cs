using System.Buffers.Binary;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Cryptography;

namespace Sequencer.Attestation.Tests.Notes;

public class VerifiedNoteTests
{
    private static readonly VerifierKey Log = Vectors.Key(Vectors.LogKey);
    private static readonly VerifierKey Witness = Vectors.Key(Vectors.WitnessKey);
    private static readonly VerifierKey Ecdsa = Vectors.Key(Vectors.EcdsaKey);

    [Fact]
    public void The_vector_is_verified_with_its_log_witness_and_ecdsa_keys()
    {
        SignedNote note = Vectors.Note(Vectors.NoteText + Vectors.EcdsaLine);
        Assert.Equal(
            NoteOpening.Verified, VerifiedNote.Open(note, [Ecdsa, Witness, Log], out var opened));
        Assert.Equal(
            [
                new VerifiedSignature(Log, null),
                new VerifiedSignature(Witness, Vectors.WitnessTimeSeconds),
                new VerifiedSignature(Ecdsa, null),
            ],
            opened!.Signatures);
    }

    [Fact]
    public void Lines_of_unknown_keys_are_ignored_even_with_a_known_name_or_id()
    {
        const string SameName = "\u2014 sequencer.example/log1 0zMANgEC\n";
        const string SameId = "\u2014 sequencer.example/log2 0zMANQEC\n";
        SignedNote note = Vectors.Note(Vectors.Text + "\n" + SameName + SameId + Vectors.LogLine);
        Assert.Equal(NoteOpening.Verified, VerifiedNote.Open(note, [Log], out var opened));
        Assert.Equal([Log], opened!.Signatures.Select(s => s.Key));
        Assert.Equal(NoteOpening.NoKnownKey, VerifiedNote.Open(note, [Witness], out opened));
        Assert.Null(opened);
        Assert.Equal(NoteOpening.NoKnownKey, VerifiedNote.Open(note, [], out _));
    }

    [Fact]
    public void One_failing_line_of_a_known_key_refuses_the_note()
    {
        const string Bad = "\u2014 sequencer.example/log1 0zMANQEC\n";
        SignedNote note = Vectors.Note(Vectors.NoteText + Bad);
        Assert.Equal(NoteOpening.InvalidSignature, VerifiedNote.Open(note, [Log, Witness], out _));
        Assert.Equal(NoteOpening.Verified, VerifiedNote.Open(note, [Witness], out _));
    }

    [Fact]
    public void A_key_that_signs_twice_counts_once_with_its_first_line()
    {
        SignedNote note = SignedNote.Create(
            Vectors.Bytes(Vectors.Text), [Cosign(100), Cosign(50), Cosign(100)]);
        Assert.Equal(NoteOpening.Verified, VerifiedNote.Open(note, [Witness], out var opened));
        Assert.Equal([new VerifiedSignature(Witness, 100)], opened!.Signatures);
    }

    [Fact]
    public void Two_known_keys_with_one_name_and_id_are_ambiguous_and_the_same_key_twice_is_not()
    {
        SignedNote note = Vectors.Note(Vectors.NoteText);
        Assert.Equal(
            NoteOpening.Verified,
            VerifiedNote.Open(note, [Log, Vectors.Key(Vectors.LogKey)], out var opened));
        Assert.Single(opened!.Signatures);

        (VerifierKey one, VerifierKey other) = CollidingKeys();
        SignedNote collision = SignedNote.Create(
            Vectors.Bytes(Vectors.Text), [new NoteSignature(one.Name, one.KeyId, new byte[64])]);
        Assert.Equal(
            NoteOpening.AmbiguousKey, VerifiedNote.Open(collision, [one, other], out opened));
        Assert.Null(opened);
    }

    [Fact]
    public void A_flipped_bit_in_the_note_never_leaves_both_signatures_verified()
    {
        foreach (byte[] flipped in Seeded.OneBitFlips(Vectors.Bytes(Vectors.NoteText)))
        {
            if (!SignedNote.TryParse(flipped, out SignedNote? note, out _)) continue;
            VerifiedNote.Open(note, [Log, Witness], out VerifiedNote? opened);
            Assert.True(opened is null || opened.Signatures.Count < 2);
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData((ulong)long.MaxValue)]
    public void A_cosignature_gives_its_time(ulong seconds)
    {
        Assert.Equal(NoteSignatureResult.Valid, VerifyCosignature(Cosign(seconds), out var time));
        Assert.Equal(seconds, time);
    }

    [Fact]
    public void A_cosignature_with_a_time_above_2_to_63_or_of_another_length_is_refused()
    {
        NoteSignature late = Cosign(1UL << 63);
        Assert.Equal(NoteSignatureResult.Invalid, VerifyCosignature(late, out ulong? time));
        Assert.Null(time);
        NoteSignature good = Cosign(5);
        foreach (byte[] other in new byte[][]
            { [], new byte[7], good.Signature[..71].ToArray(), [.. good.Signature.Span, 0] })
        {
            NoteSignature line = good with { Signature = other };
            Assert.Equal(NoteSignatureResult.Invalid, VerifyCosignature(line, out _));
        }
    }

    [Fact]
    public void A_cosignature_does_not_pass_as_a_plain_signature_nor_the_other_way_round()
    {
        Assert.True(VerifierKey.TryCreate(
            Vectors.Witness, NoteSignatureType.Ed25519, Witness.PublicKey.Span,
            out VerifierKey? plain, out _));
        byte[] text = Vectors.Bytes(Vectors.Text);
        Assert.Equal(NoteSignatureResult.Invalid, NoteSignatureVerification.Verify(
            plain, text, Cosign(5).Signature.Span[8..], out _));
        byte[] overText = Ed25519Oracle.Sign(Vectors.WitnessSeed, text);
        Assert.Equal(
            NoteSignatureResult.Valid,
            NoteSignatureVerification.Verify(plain, text, overText, out _));
        Assert.Equal(NoteSignatureResult.Invalid, NoteSignatureVerification.Verify(
            Witness, text, [.. new byte[8], .. overText], out _));
    }

    private static NoteSignatureResult VerifyCosignature(NoteSignature line, out ulong? time) =>
        NoteSignatureVerification.Verify(
            Witness, Vectors.Bytes(Vectors.Text), line.Signature.Span, out time);

    private static NoteSignature Cosign(ulong seconds)
    {
        var time = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(time, seconds);
        byte[] message = NoteSignatureVerification.CosignedMessage(
            seconds, Vectors.Bytes(Vectors.Text));
        byte[] signature = [.. time, .. Ed25519Oracle.Sign(Vectors.WitnessSeed, message)];
        return new NoteSignature(Witness.Name, Witness.KeyId, signature);
    }

    /// <summary>A 32-bit id collides after some 80,000 keys; these are small numbers.</summary>
    private static (VerifierKey One, VerifierKey Other) CollidingKeys()
    {
        var seen = new Dictionary<uint, byte[]>();
        for (int i = 2; ; i++)
        {
            var key = new byte[32];
            BinaryPrimitives.WriteInt32LittleEndian(key, i);
            uint id = KeyIds.ForNamed("name", (byte)NoteSignatureType.Ed25519, key);
            if (seen.TryAdd(id, key)) continue;
            return (Create(seen[id]), Create(key));
        }
    }

    private static VerifierKey Create(byte[] publicKey)
    {
        Assert.True(VerifierKey.TryCreate(
            "name", NoteSignatureType.Ed25519, publicKey, out VerifierKey? key, out _));
        return key;
    }
}
