using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Sequencer.Gateway.Tests.Access;

/// <summary>Makes tokens, good and bad.</summary>
internal static class SignedToken
{
    public const string EcHeader = """{"alg":"ES256","typ":"JWT"}""";
    public const string RsaHeader = """{"alg":"RS256","typ":"JWT"}""";

    public static ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static RSA Rsa { get; } = RSA.Create(2048);

    /// <summary>Both public keys, as the operator's file has them.</summary>
    public static string Pem { get; } =
        Ec.ExportSubjectPublicKeyInfoPem() + "\n" + Rsa.ExportSubjectPublicKeyInfoPem();

    public static string OfEc(string claims, string header = EcHeader) =>
        Make(header, claims, bytes => Ec.SignData(bytes, HashAlgorithmName.SHA256));

    public static string OfRsa(string claims, string header = RsaHeader) => Make(
        header, claims,
        bytes => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string Make(string header, string claims, Func<byte[], byte[]> sign)
    {
        string signed = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Encode(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
