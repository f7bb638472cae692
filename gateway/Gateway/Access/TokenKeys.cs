using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Sequencer.Gateway.Access;

/// <summary>The public keys whose tokens are believed. Immutable, for any thread.</summary>
internal sealed class TokenKeys
{
    private const int CountMax = 16;
    private const int RsaBitsMin = 2048;
    private const int RsaBitsMax = 8192;
    private const string Label = "PUBLIC KEY";

    private readonly List<TokenKey> _keys = [];

    private TokenKeys()
    {
    }

    /// <summary>Reads PEM blocks <c>PUBLIC KEY</c>, one after the other: RSA of 2,048 to 8,192 bits, or
    /// P-256.</summary>
    public static bool TryParse(
        string pem,
        [NotNullWhen(true)] out TokenKeys? keys,
        [NotNullWhen(false)] out string? fault)
    {
        keys = null;
        var read = new TokenKeys();
        ReadOnlySpan<char> rest = pem;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            fault = $"more than {CountMax} keys.";
            if (read._keys.Count == CountMax) return false;
            fault = $"block {read._keys.Count + 1} is no {Label}; private keys have no place here.";
            if (!rest[fields.Label].SequenceEqual(Label)) return false;
            fault = $"block {read._keys.Count + 1} is neither RSA of {RsaBitsMin} to {RsaBitsMax} bits "
                + "nor P-256.";
            if (!TryImport(rest[fields.Location], out TokenKey? key)) return false;
            read._keys.Add(key);
            rest = rest[fields.Location.End..];
        }
        fault = $"no PEM block {Label}.";
        if (read._keys.Count == 0) return false;
        (keys, fault) = (read, null);
        return true;
    }

    /// <summary>Whether one of the keys signed the token; only those of its algorithm are
    /// asked.</summary>
    public bool HaveSigned(JsonWebToken token) => _keys.Any(key =>
        key.Algorithm == token.Algorithm && key.HasSigned(token.Signed.Span, token.Signature.Span));

    private static bool TryImport(
        ReadOnlySpan<char> block, [NotNullWhen(true)] out TokenKey? key) =>
        TryImportEcdsa(block, out key) || TryImportRsa(block, out key);

    private static bool TryImportEcdsa(ReadOnlySpan<char> block, out TokenKey? key)
    {
        key = null;
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportFromPem(block);
            if (ecdsa.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                key = new EcdsaKey(ecdsa);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Another kind of key.
        }
        if (key is null) ecdsa.Dispose();
        return key is not null;
    }

    private static bool TryImportRsa(ReadOnlySpan<char> block, out TokenKey? key)
    {
        key = null;
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(block);
            if (rsa.KeySize is >= RsaBitsMin and <= RsaBitsMax) key = new RsaKey(rsa);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Another kind of key.
        }
        if (key is null) rsa.Dispose();
        return key is not null;
    }

    // .NET promises nothing of an instance that two threads use.
    private abstract class TokenKey(TokenAlgorithm algorithm)
    {
        private readonly Lock _gate = new();

        public TokenAlgorithm Algorithm { get; } = algorithm;

        public bool HasSigned(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
        {
            lock (_gate) return HasSignedCore(signed, signature);
        }

        protected abstract bool HasSignedCore(
            ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature);
    }

    private sealed class EcdsaKey(ECDsa key) : TokenKey(TokenAlgorithm.Es256)
    {
        protected override bool HasSignedCore(
            ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) =>
            key.VerifyData(
                signed, signature, HashAlgorithmName.SHA256,
                DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private sealed class RsaKey(RSA key) : TokenKey(TokenAlgorithm.Rs256)
    {
        protected override bool HasSignedCore(
            ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature) =>
            key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }
}
