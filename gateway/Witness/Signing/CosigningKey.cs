using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Sequencer.Attestation.Notes;

namespace Sequencer.Witness.Signing;

/// <summary>
/// The witness's name and key. As text it is the form in which signers of notes are commonly kept:
/// <c>PRIVATE+KEY+name+key id+base64(type || seed)</c>.
/// </summary>
internal sealed class CosigningKey : IDisposable
{
    private const string Prefix = "PRIVATE+KEY+";
    private const byte Type = (byte)NoteSignatureType.Cosignature;

    private readonly Ed25519PrivateKey _key;

    private CosigningKey(VerifierKey verifier, Ed25519PrivateKey key) =>
        (Verifier, _key) = (verifier, key);

    /// <summary>The public half, which those who trust the witness need.</summary>
    public VerifierKey Verifier { get; }

    /// <summary>Makes a key, and its text, which the caller clears after use.</summary>
    /// <exception cref="ArgumentException">No key can have this name.</exception>
    public static char[] Generate(string name)
    {
        Span<byte> seed = stackalloc byte[Ed25519PrivateKey.KeyBytes];
        RandomNumberGenerator.Fill(seed);
        try
        {
            using CosigningKey key = FromSeed(name, seed)
                ?? throw new ArgumentException("not the name of a key", nameof(name));
            string id = key.Verifier.KeyId.ToString("x8", CultureInfo.InvariantCulture);
            return [.. Prefix, .. name, '+', .. id, '+', .. Material(seed)];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Reads the text, without a line feed.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out CosigningKey? key)
    {
        key = null;
        if (!text.StartsWith(Prefix)) return false;
        text = text[Prefix.Length..];
        int plus = text.IndexOf('+');
        if (plus < 0 || text.Length < plus + 10 || text[plus + 9] != '+') return false;
        Span<byte> material = stackalloc byte[1 + Ed25519PrivateKey.KeyBytes];
        try
        {
            ReadOnlySpan<char> base64 = text[(plus + 10)..];
            if (!Convert.TryFromBase64Chars(base64, material, out int length)) return false;
            if (length != material.Length || material[0] != Type) return false;
            CosigningKey? read = FromSeed(text[..plus].ToString(), material[1..]);
            if (read is null) return false;
            string id = read.Verifier.KeyId.ToString("x8", CultureInfo.InvariantCulture);
            if (text[(plus + 1)..(plus + 9)].SequenceEqual(id)) key = read;
            else read.Dispose();
            return key is not null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }

    /// <summary>Cosigns a checkpoint (c2sp.org/tlog-cosignature, type 0x04).</summary>
    /// <param name="text">The note's text.</param>
    /// <param name="time">Now; after 1970.</param>
    public NoteSignature Cosign(ReadOnlySpan<byte> text, DateTimeOffset time)
    {
        ulong seconds = checked((ulong)time.ToUnixTimeSeconds());
        ArgumentOutOfRangeException.ThrowIfZero(seconds);
        var signature = new byte[8 + Ed25519PrivateKey.SignatureBytes];
        BinaryPrimitives.WriteUInt64BigEndian(signature, seconds);
        _key.Sign(NoteSignatureVerification.CosignedMessage(seconds, text))
            .CopyTo(signature.AsSpan(8));
        return new NoteSignature(Verifier.Name, Verifier.KeyId, signature);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static CosigningKey? FromSeed(string name, ReadOnlySpan<byte> seed)
    {
        Ed25519PrivateKey key = Ed25519PrivateKey.FromSeed(seed);
        if (VerifierKey.TryCreate(
            name, NoteSignatureType.Cosignature, key.PublicKey(), out VerifierKey? verifier, out _))
        {
            return new CosigningKey(verifier, key);
        }
        key.Dispose();
        return null;
    }

    private static char[] Material(ReadOnlySpan<byte> seed)
    {
        Span<byte> material = [Type, .. seed];
        var text = new char[44];
        Convert.TryToBase64Chars(material, text, out _);
        CryptographicOperations.ZeroMemory(material);
        return text;
    }
}
