using System.Security.Cryptography;
using System.Text;

namespace Sequencer.Enclave.Image.Measuring;

/// <summary>
/// A platform configuration register that is extended once, from zero, with the SHA-384 of its
/// content: SHA-384(48 zero bytes || SHA-384(content)).
/// </summary>
public sealed class PcrRegister : IDisposable
{
    /// <summary>Length of a register, in bytes.</summary>
    public const int Bytes = SHA384.HashSizeInBytes;

    private readonly IncrementalHash _content =
        IncrementalHash.CreateHash(HashAlgorithmName.SHA384);

    /// <summary>PCR3: the IAM role of the instance that started the enclave.</summary>
    /// <param name="roleArn">As in <c>arn:aws:iam::123456789012:role/name</c>.</param>
    public static byte[] OfRole(string roleArn) => Extend(Encoding.UTF8.GetBytes(roleArn));

    /// <summary>PCR4: the instance that started the enclave.</summary>
    /// <param name="instanceId">As in <c>i-0123456789abcdef0</c>.</param>
    public static byte[] OfInstance(string instanceId) =>
        Extend(Encoding.UTF8.GetBytes(instanceId));

    /// <summary>PCR8: the certificate that signed the image.</summary>
    public static byte[] OfSigningCertificate(ReadOnlySpan<byte> der) =>
        Extend(SHA384.HashData(der));

    /// <summary>Zero, extended once with a value.</summary>
    public static byte[] Extend(ReadOnlySpan<byte> value) =>
        SHA384.HashData([.. new byte[Bytes], .. value]);

    /// <summary>Adds to the content.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _content.AppendData(bytes);

    /// <summary>The register's value; the content is then empty.</summary>
    public byte[] Finish() => Extend(_content.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();
}
