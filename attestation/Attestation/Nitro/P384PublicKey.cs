using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Sequencer.Attestation.Nitro;

/// <summary>A P-384 public key that checks ES384 signatures in the form r || s.</summary>
internal sealed class P384PublicKey : IDisposable
{
    /// <summary>Length of a coordinate, and of r and s, in bytes.</summary>
    public const int ScalarBytes = 48;

    private const byte Uncompressed = 0x04;

    private readonly ECDsa _key;

    private P384PublicKey(ECDsa key) => _key = key;

    /// <summary>Imports 0x04 || x || y; false for another form or a point off the curve.</summary>
    public static bool TryImport(
        ReadOnlySpan<byte> point, [NotNullWhen(true)] out P384PublicKey? key)
    {
        key = null;
        if (point.Length != 1 + (2 * ScalarBytes) || point[0] != Uncompressed) return false;
        try
        {
            var parameters = new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP384,
                Q = new ECPoint
                {
                    X = point.Slice(1, ScalarBytes).ToArray(),
                    Y = point[(1 + ScalarBytes)..].ToArray(),
                },
            };
            key = new P384PublicKey(ECDsa.Create(parameters));
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Checks a signature over SHA-384 of <paramref name="data"/>. High s is valid.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(
            data,
            signature,
            HashAlgorithmName.SHA384,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
