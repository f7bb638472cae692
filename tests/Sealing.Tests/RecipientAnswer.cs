using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Sequencer.Sealing.Tests;

/// <summary>Writes what KMS encrypts to a document's key, in the form that KMS writes it in: a CMS
/// EnvelopedData in BER, with lengths left open.</summary>
internal static class RecipientAnswer
{
    private const string EnvelopedData = "1.2.840.113549.1.7.3";
    private const string Data = "1.2.840.113549.1.7.1";
    private const string RsaOaep = "1.2.840.113549.1.1.7";
    private const string Mgf1 = "1.2.840.113549.1.1.8";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";

    public static byte[] Seal(RSA recipient, ReadOnlySpan<byte> content, bool isPrimitive = false)
    {
        byte[] key = RandomNumberGenerator.GetBytes(32);
        byte[] vector = RandomNumberGenerator.GetBytes(16);
        using var aes = Aes.Create();
        aes.SetKey(key);
        byte[] encrypted = aes.EncryptCbc(content, vector);
        byte[] inside = isPrimitive
            ? Primitive(0x80, encrypted)
            : Open(0xa0, Der(w => w.WriteOctetString(encrypted)));
        return Open(0x30, Oid(EnvelopedData), Open(0xa0, Open(
            0x30,
            Der(w => w.WriteInteger(2)),
            Recipient(recipient, key),
            Open(0x30, Oid(Data), Algorithm(Aes256Cbc, w => w.WriteOctetString(vector)), inside))));
    }

    private static byte[] Recipient(RSA recipient, byte[] key)
    {
        byte[] subject = SHA256.HashData(recipient.ExportSubjectPublicKeyInfo());
        byte[] encrypted = recipient.Encrypt(key, RSAEncryptionPadding.OaepSHA256);
        byte[] sha256 = Algorithm(Sha256, w => w.WriteNull());
        byte[] mgf1 = Algorithm(Mgf1, w => w.WriteEncodedValue(sha256));
        var first = new Asn1Tag(TagClass.ContextSpecific, 0);
        var second = new Asn1Tag(TagClass.ContextSpecific, 1);
        return Der(writer =>
        {
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteInteger(2);
                writer.WriteOctetString(subject, first);
                writer.WriteEncodedValue(Algorithm(RsaOaep, w =>
                {
                    using (w.PushSequence())
                    {
                        using (w.PushSequence(first)) w.WriteEncodedValue(sha256);
                        using (w.PushSequence(second)) w.WriteEncodedValue(mgf1);
                    }
                }));
                writer.WriteOctetString(encrypted);
            }
        });
    }

    private static byte[] Algorithm(string identifier, Action<AsnWriter> parameters) =>
        Der(writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(identifier);
                parameters(writer);
            }
        });

    private static byte[] Oid(string identifier) =>
        Der(writer => writer.WriteObjectIdentifier(identifier));

    private static byte[] Der(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }

    private static byte[] Primitive(byte tag, byte[] bytes) => [tag, (byte)bytes.Length, .. bytes];

    private static byte[] Open(byte tag, params byte[][] parts) =>
        [tag, 0x80, .. parts.SelectMany(part => part), 0, 0];
}
