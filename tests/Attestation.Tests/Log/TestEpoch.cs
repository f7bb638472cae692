using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Cryptography;
using Sequencer.Attestation.Tests.Nitro;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>The keys of an epoch, its statement and its document.</summary>
internal sealed class TestEpoch : IDisposable
{
    // One root for all documents: a chain is signed anew for each, with random signatures.
    private static readonly byte[] RootDer = MakeRoot();

    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _ed25519;

    public TestEpoch(uint epoch)
    {
        _ed25519 = SHA256.HashData(Encoding.ASCII.GetBytes($"test epoch {epoch}"));
        ECParameters key = _p256.ExportParameters(includePrivateParameters: false);
        P256PublicKey = [.. key.Q.X!, .. key.Q.Y!];
        Ed25519PublicKey = Ed25519Oracle.PublicKey(_ed25519);
    }

    public static ReadOnlyMemory<byte> Root => RootDer;

    public byte[] P256PublicKey { get; }
    public byte[] Ed25519PublicKey { get; }
    public EpochStatement Statement { get; set; } = null!;
    public byte[] Document { get; set; } = [];

    /// <summary>A document for the statement, with what a test changes.</summary>
    public static byte[] MakeDocument(
        EpochStatement statement, Action<TestNitroDocument>? change = null)
    {
        var document = new TestNitroDocument
        {
            Timestamp = TestNitroPki.Now.AddMinutes(statement.Fields.Epoch),
            EditCertificates = certificates => certificates[0] = RootDer,
        };
        SetPublicKey(document, statement.SubjectPublicKeyInfo);
        SetUserData(document, Derivation.EpochUserData(statement.Bytes.Span));
        change?.Invoke(document);
        return document.Build();
    }

    public static void SetPublicKey(TestNitroDocument document, byte[] key) =>
        document.Fields["public_key"] = w => w.WriteByteString(key);

    public static void SetUserData(TestNitroDocument document, byte[] data) =>
        document.Fields["user_data"] = w => w.WriteByteString(data);

    /// <summary>Signs whatever it is told, with both keys.</summary>
    public byte[] Sign(Checkpoint checkpoint)
    {
        byte[] text = checkpoint.ToText();
        byte[] spki = _p256.ExportSubjectPublicKeyInfo();
        uint ed25519Id = KeyIds.ForNamed(
            checkpoint.Origin, (byte)NoteSignatureType.Ed25519, Ed25519PublicKey);
        byte[] ecdsa = _p256.SignData(
            text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        NoteSignature[] lines =
        [
            new(checkpoint.Origin, KeyIds.ForEcdsa(spki), ecdsa),
            new(checkpoint.Origin, ed25519Id, Ed25519Oracle.Sign(_ed25519, text)),
        ];
        return SignedNote.Create(text, lines).ToBytes();
    }

    public void Dispose() => _p256.Dispose();

    private static byte[] MakeRoot()
    {
        var pki = new TestNitroPki(TestNitroDocument.ModuleId);
        return pki.Root.Build(pki.Root);
    }
}
