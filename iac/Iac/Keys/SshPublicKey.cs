using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sequencer.Iac.Keys;

/// <summary>
/// A public key on one line, as in <c>authorized_keys</c> (RFC 4253 section 6.6): the strings
/// "ssh-rsa", e and n, each after its length in 4 bytes; e and n as signed integers.
/// </summary>
internal static class SshPublicKey
{
    private const string Type = "ssh-rsa";

    public static string Of(RSA key, string comment)
    {
        RSAParameters numbers = key.ExportParameters(includePrivateParameters: false);
        using var blob = new MemoryStream();
        Add(blob, "ssh-rsa"u8);
        Add(blob, Signed(numbers.Exponent!));
        Add(blob, Signed(numbers.Modulus!));
        return $"{Type} {Convert.ToBase64String(blob.ToArray())} {comment}";
    }

    private static void Add(MemoryStream blob, ReadOnlySpan<byte> text)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
        blob.Write(length);
        blob.Write(text);
    }

    // A first bit that is set would make it negative.
    private static ReadOnlySpan<byte> Signed(byte[] number) =>
        number[0] < 0x80 ? number : (byte[])[0, .. number];
}
