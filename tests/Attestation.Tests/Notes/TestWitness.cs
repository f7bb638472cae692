using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Cryptography;

namespace Sequencer.Attestation.Tests.Notes;

/// <summary>A witness that cosigns whatever it is told.</summary>
internal sealed class TestWitness
{
    private readonly byte[] _seed;

    public TestWitness(string name)
    {
        Name = name;
        _seed = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        Assert.True(VerifierKey.TryCreate(
            $"{name}.example", NoteSignatureType.Cosignature, Ed25519Oracle.PublicKey(_seed),
            out VerifierKey? key, out _));
        Key = key;
    }

    public string Name { get; }

    public VerifierKey Key { get; }

    /// <summary>Its line of a policy.</summary>
    public string Line => $"witness {Name} {Key}\n";

    /// <summary>So many witnesses, w0 and on.</summary>
    public static TestWitness[] Make(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new TestWitness($"w{i}"))];

    /// <summary>A policy in which k of these witnesses are enough.</summary>
    public static WitnessPolicy Policy(int threshold, params TestWitness[] witnesses)
    {
        string text = string.Concat(witnesses.Select(w => w.Line))
            + $"group g {threshold} {string.Join(' ', witnesses.Select(w => w.Name))}\nquorum g\n";
        Assert.True(WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out _));
        return policy;
    }

    public NoteSignature Cosign(ReadOnlySpan<byte> text, ulong seconds = 1_767_225_600)
    {
        var time = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(time, seconds);
        byte[] message = NoteSignatureVerification.CosignedMessage(seconds, text);
        return new NoteSignature(
            Key.Name, Key.KeyId, (byte[])[.. time, .. Ed25519Oracle.Sign(_seed, message)]);
    }

    /// <summary>A note with the witnesses' lines behind its own.</summary>
    public static byte[] Cosign(byte[] note, params TestWitness[] witnesses)
    {
        SignedNote signed = Parse(note);
        return With(note, [.. witnesses.Select(w => w.Cosign(signed.Text.Span))]);
    }

    /// <summary>A note with more lines.</summary>
    public static byte[] With(byte[] note, params NoteSignature[] lines)
    {
        SignedNote signed = Parse(note);
        return SignedNote.Create(signed.Text.Span, [.. signed.Signatures, .. lines]).ToBytes();
    }

    public static SignedNote Parse(byte[] note)
    {
        Assert.True(SignedNote.TryParse(note, out SignedNote? signed, out _));
        return signed;
    }
}
