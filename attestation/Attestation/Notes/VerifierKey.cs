using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Notes;

/// <summary>The signature types that are verified, by the byte that stands for them in a vkey.
/// </summary>
public enum NoteSignatureType : byte
{
    /// <summary>0x01: Ed25519 over the text; the key has 32 bytes.</summary>
    Ed25519 = 0x01,

    /// <summary>0x02: ECDSA P-256 over SHA-256(text); the key is a DER SubjectPublicKeyInfo.
    /// </summary>
    EcdsaP256 = 0x02,

    /// <summary>0x04: cosignature/v1, Ed25519 over a time and the text; the key has 32 bytes.
    /// </summary>
    Cosignature = 0x04,
}

/// <summary>Why a text is not a verifier key.</summary>
public enum VerifierKeyRefusal
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>Not name, '+', eight lower-case hexadecimal digits, '+', base64.</summary>
    Malformed,

    /// <summary>The name is empty, too long or has a space, '+' or control character.</summary>
    BadName,

    /// <summary>A signature type other than those of <see cref="NoteSignatureType"/>.</summary>
    UnsupportedType,

    /// <summary>Not a key of its type, in its one encoding, that could be verified with.</summary>
    BadKey,

    /// <summary>The key id is not the one computed from name, type and key.</summary>
    KeyIdMismatch,
}

/// <summary>
/// A public key for notes, as its text, the vkey (c2sp.org/signed-note), gives it:
/// <c>name+hex(key id)+base64(type || key)</c>.
/// </summary>
public sealed class VerifierKey : IEquatable<VerifierKey>
{
    /// <summary>Longest vkey, in characters.</summary>
    public const int MaxChars = 2048;

    private const int KeyIdDigits = 8;

    private VerifierKey(string name, NoteSignatureType type, ReadOnlySpan<byte> publicKey)
    {
        Name = name;
        Type = type;
        PublicKey = publicKey.ToArray();
        KeyId = KeyIds.Compute(name, type, publicKey);
    }

    /// <summary>The name that its signature lines carry.</summary>
    public string Name { get; }

    /// <summary>The id that its signature lines carry.</summary>
    public uint KeyId { get; }

    /// <summary>How it signs.</summary>
    public NoteSignatureType Type { get; }

    /// <summary>32 bytes for Ed25519, the DER SubjectPublicKeyInfo for ECDSA.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Makes a key from its parts; the refusal says what is wrong with them.</summary>
    public static bool TryCreate(
        string name, NoteSignatureType type, ReadOnlySpan<byte> publicKey,
        [NotNullWhen(true)] out VerifierKey? key, out VerifierKeyRefusal refusal)
    {
        refusal = Check(name, type, publicKey);
        key = refusal == VerifierKeyRefusal.None ? new VerifierKey(name, type, publicKey) : null;
        return key is not null;
    }

    /// <summary>Reads the one text of a key.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> text,
        [NotNullWhen(true)] out VerifierKey? key, out VerifierKeyRefusal refusal)
    {
        key = null;
        refusal = VerifierKeyRefusal.Malformed;
        // A name has no '+'; base64 may, so the first two are the separators.
        int plus = text.IndexOf('+');
        if (text.Length > MaxChars || plus < 0) return false;
        ReadOnlySpan<char> rest = text[(plus + 1)..];
        if (rest.Length <= KeyIdDigits || rest[KeyIdDigits] != '+') return false;
        ReadOnlySpan<char> base64 = rest[(KeyIdDigits + 1)..];
        if (!CanonicalText.TryParseBase64(base64, out byte[] material)) return false;
        if (material.Length == 0) return false;

        string name = text[..plus].ToString();
        var type = (NoteSignatureType)material[0];
        if (!TryCreate(name, type, material.AsSpan(1), out var made, out refusal)) return false;
        if (!rest[..KeyIdDigits].SequenceEqual(Hex(made.KeyId)))
        {
            refusal = VerifierKeyRefusal.KeyIdMismatch;
            return false;
        }
        key = made;
        return true;
    }

    /// <summary>The vkey.</summary>
    public override string ToString()
    {
        byte[] material = [(byte)Type, .. PublicKey.Span];
        return $"{Name}+{Hex(KeyId)}+{Convert.ToBase64String(material)}";
    }

    /// <summary>Same name, type and key.</summary>
    public bool Equals(VerifierKey? other) =>
        other is not null && Name == other.Name && Type == other.Type
        && PublicKey.Span.SequenceEqual(other.PublicKey.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VerifierKey);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, KeyId);

    private static VerifierKeyRefusal Check(
        string name, NoteSignatureType type, ReadOnlySpan<byte> publicKey)
    {
        if (!CanonicalText.IsKeyName(name)) return VerifierKeyRefusal.BadName;
        bool? acceptable = type switch
        {
            NoteSignatureType.Ed25519 or NoteSignatureType.Cosignature =>
                Ed25519.IsAcceptablePublicKey(publicKey),
            NoteSignatureType.EcdsaP256 => EcdsaP256.IsAcceptablePublicKey(publicKey),
            _ => null,
        };
        return acceptable switch
        {
            true => VerifierKeyRefusal.None,
            false => VerifierKeyRefusal.BadKey,
            null => VerifierKeyRefusal.UnsupportedType,
        };
    }

    private static string Hex(uint keyId) => keyId.ToString("x8", CultureInfo.InvariantCulture);
}
