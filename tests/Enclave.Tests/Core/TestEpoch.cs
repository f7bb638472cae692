using System.Security.Cryptography;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Cryptography;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>The keys of one epoch with their private halves, and the documents for them.</summary>
internal sealed class TestEpoch
{
    // One root for all documents: it is pinned byte for byte, and each build signs it anew.
    private static readonly byte[] RootDer =
        new TestNitroPki(TestNitroDocument.ModuleId).Build()[0];

    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _ed25519Seed;

    public TestEpoch(byte seed)
    {
        _ed25519Seed = SHA256.HashData([seed]);
        ECPoint q = _p256.ExportParameters(false).Q;
        Keys = new EpochKeys(
            Ed25519Oracle.PublicKey(_ed25519Seed), (byte[])[.. q.X!, .. q.Y!], Sha256.Hash([seed]));
    }

    public EpochKeys Keys { get; }

    /// <summary>A document of the own device, before there is a statement.</summary>
    public static OwnIdentity Own(Action<TestNitroDocument>? edit = null)
    {
        Assert.True(OwnIdentity.TryRead(Build(edit), out OwnIdentity? own, out _));
        return own;
    }

    public static byte[] Document(
        EpochStatement statement, Action<TestNitroDocument>? edit = null) =>
        Build(document =>
        {
            document.Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(
                (long)statement.Fields.TimeMs);
            document.Fields["public_key"] =
                w => w.WriteByteString(statement.SubjectPublicKeyInfo);
            document.Fields["user_data"] =
                w => w.WriteByteString(Derivation.EpochUserData(statement.Bytes.Span));
            edit?.Invoke(document);
        });

    public static byte[] Build(Action<TestNitroDocument>? edit = null)
    {
        var document = new TestNitroDocument { EditCertificates = c => c[0] = RootDer };
        edit?.Invoke(document);
        return document.Build();
    }

    /// <summary>The ECDSA line, then the Ed25519 line.</summary>
    public List<NoteSignature> Sign(string origin, ReadOnlySpan<byte> text)
    {
        ECParameters p256 = _p256.ExportParameters(false);
        byte[] info = _p256.ExportSubjectPublicKeyInfo();
        Assert.Equal(info[27..], (byte[])[.. p256.Q.X!, .. p256.Q.Y!]);
        return
        [
            new NoteSignature(
                origin,
                KeyIds.ForEcdsa(info),
                _p256.SignData(
                    text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
            new NoteSignature(
                origin,
                KeyIds.ForNamed(origin, 1, Keys.Ed25519PublicKey.Span),
                Ed25519Oracle.Sign(_ed25519Seed, text)),
        ];
    }
}
