using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Sequencer.Enclave.Sealing.Kms;

/// <summary>
/// Opens what KMS encrypts to the key of an attestation document: one form of a CMS EnvelopedData
/// (RFC 5652) in BER, and no other (docs/PROTOCOL.md section 19).
/// </summary>
/// <remarks>
/// It is authenticated by nothing: the key that it is encrypted to is public. What it says is
/// worth as much as the connection that it came over.
/// </remarks>
internal static class RecipientEnvelope
{
    /// <summary>Longest envelope, in bytes.</summary>
    public const int BytesMax = 4096;

    private const string EnvelopedData = "1.2.840.113549.1.7.3";
    private const string Data = "1.2.840.113549.1.7.1";
    private const string RsaOaep = "1.2.840.113549.1.1.7";
    private const string Mgf1 = "1.2.840.113549.1.1.8";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";
    private const int Version = 2;
    private const int ContentKeyBytes = 32;

    // Of RSA with 2048 bits: nothing longer comes out of it.
    private const int DecryptedMaxBytes = 256;
    private const int VectorBytes = 16;

    private static readonly Asn1Tag First = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Second = new(TagClass.ContextSpecific, 1);

    /// <summary>
    /// Writes the content, which the caller clears and which has to fill its place. False for
    /// whatever reason, and then nothing is written: an answer that tells why would tell whoever
    /// makes envelopes what the key does with them.
    /// </summary>
    public static bool TryOpen(ReadOnlyMemory<byte> envelope, RSA key, Span<byte> content)
    {
        if (envelope.Length > BytesMax) return false;
        // On the stack: an array could be moved, and its old place is cleared by nobody.
        Span<byte> contentKey = stackalloc byte[DecryptedMaxBytes];
        Span<byte> opened = stackalloc byte[BytesMax];
        try
        {
            Parts parts = Read(envelope);
            byte[] subject = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
            if (!parts.Recipient.AsSpan().SequenceEqual(subject)) return false;
            if (!key.TryDecrypt(
                    parts.EncryptedKey, contentKey, RSAEncryptionPadding.OaepSHA256, out int length)
                || length != ContentKeyBytes)
            {
                return false;
            }
            using var aes = Aes.Create();
            aes.SetKey(contentKey[..ContentKeyBytes]);
            if (!aes.TryDecryptCbc(
                    parts.EncryptedContent, parts.Vector, opened, out length, PaddingMode.PKCS7)
                || length != content.Length)
            {
                return false;
            }
            opened[..length].CopyTo(content);
            return true;
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
            CryptographicOperations.ZeroMemory(opened);
        }
    }

    private static Parts Read(ReadOnlyMemory<byte> envelope)
    {
        var outside = new AsnReader(envelope, AsnEncodingRules.BER);
        AsnReader info = outside.ReadSequence();
        outside.ThrowIfNotEmpty();
        Expect(info, EnvelopedData);
        AsnReader wrapped = info.ReadSequence(First);
        info.ThrowIfNotEmpty();
        AsnReader enveloped = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();

        ExpectVersion(enveloped);
        AsnReader recipients = enveloped.ReadSetOf();
        AsnReader recipient = recipients.ReadSequence();
        recipients.ThrowIfNotEmpty();
        (byte[] subject, byte[] encryptedKey) = ReadRecipient(recipient);
        AsnReader content = enveloped.ReadSequence();
        enveloped.ThrowIfNotEmpty();

        Expect(content, Data);
        AsnReader algorithm = content.ReadSequence();
        Expect(algorithm, Aes256Cbc);
        byte[] vector = algorithm.ReadOctetString();
        algorithm.ThrowIfNotEmpty();
        byte[] encrypted = content.ReadOctetString(First);
        content.ThrowIfNotEmpty();
        if (vector.Length != VectorBytes) throw new AsnContentException();
        return new Parts(subject, encryptedKey, vector, encrypted);
    }

    private static (byte[] Subject, byte[] EncryptedKey) ReadRecipient(AsnReader recipient)
    {
        ExpectVersion(recipient);
        byte[] subject = recipient.ReadOctetString(First);
        AsnReader algorithm = recipient.ReadSequence();
        Expect(algorithm, RsaOaep);
        AsnReader parameters = algorithm.ReadSequence();
        algorithm.ThrowIfNotEmpty();
        AsnReader hash = parameters.ReadSequence(First);
        ExpectSha256(hash);
        hash.ThrowIfNotEmpty();
        AsnReader mask = parameters.ReadSequence(Second);
        parameters.ThrowIfNotEmpty();
        AsnReader function = mask.ReadSequence();
        mask.ThrowIfNotEmpty();
        Expect(function, Mgf1);
        ExpectSha256(function);
        function.ThrowIfNotEmpty();
        byte[] encryptedKey = recipient.ReadOctetString();
        recipient.ThrowIfNotEmpty();
        return (subject, encryptedKey);
    }

    private static void ExpectSha256(AsnReader reader)
    {
        AsnReader algorithm = reader.ReadSequence();
        Expect(algorithm, Sha256);
        if (algorithm.HasData) algorithm.ReadNull();
        algorithm.ThrowIfNotEmpty();
    }

    private static void ExpectVersion(AsnReader reader)
    {
        if (!reader.TryReadInt32(out int version) || version != Version)
        {
            throw new AsnContentException();
        }
    }

    private static void Expect(AsnReader reader, string identifier)
    {
        if (reader.ReadObjectIdentifier() != identifier) throw new AsnContentException();
    }

    private readonly record struct Parts(
        byte[] Recipient, byte[] EncryptedKey, byte[] Vector, byte[] EncryptedContent);
}
