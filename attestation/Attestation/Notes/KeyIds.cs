using System.Buffers.Binary;
using System.Text;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Notes;

/// <summary>
/// The 32-bit ids by which signature lines name keys (c2sp.org/signed-note). An id is a hint that
/// saves trying every key: it is not an identity, since 32 bits collide at will.
/// </summary>
public static class KeyIds
{
    /// <summary>The id of a key of any supported type, from its vkey material.</summary>
    public static uint Compute(
        string name, NoteSignatureType type, ReadOnlySpan<byte> publicKey) =>
        type == NoteSignatureType.EcdsaP256
            ? ForEcdsa(publicKey)
            : ForNamed(name, (byte)type, publicKey);

    /// <summary>SHA-256(name || 0x0A || type || key), its first 4 bytes: types 0x01 and 0x04.
    /// </summary>
    public static uint ForNamed(string name, byte type, ReadOnlySpan<byte> publicKey)
    {
        byte[] head = [.. Encoding.UTF8.GetBytes(name), (byte)'\n', type];
        return First(Sha256.Hash(head, publicKey));
    }

    /// <summary>SHA-256(DER SubjectPublicKeyInfo), its first 4 bytes: type 0x02, without the name.
    /// </summary>
    public static uint ForEcdsa(ReadOnlySpan<byte> publicKeyInfo) =>
        First(Sha256.Hash(publicKeyInfo));

    private static uint First(in Digest digest) =>
        BinaryPrimitives.ReadUInt32BigEndian(digest.AsSpan());
}
