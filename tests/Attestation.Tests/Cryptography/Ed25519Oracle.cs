using System.Numerics;
using System.Security.Cryptography;

namespace Sequencer.Attestation.Tests.Cryptography;

/// <summary>
/// RFC 8032 section 5.1 written with big integers: makes keys and signatures, honest and not, for
/// tests. Slow and not constant time. Shares no code with what it checks.
/// </summary>
internal static class Ed25519Oracle
{
    public static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    public static readonly BigInteger L =
        BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    public static readonly BigInteger D = Mod(-121665 * Invert(121666));

    private static readonly (BigInteger X, BigInteger Y) BasePoint = (
        BigInteger.Parse(
            "15112221349535400772501151409588531511454012693041857206046113283949847762202"),
        Mod(4 * Invert(5)));

    public static byte[] PublicKey(byte[] seed) => Encode(Multiply(SecretScalar(seed)));

    public static byte[] Sign(byte[] seed, ReadOnlySpan<byte> message)
    {
        byte[] prefix = SHA512.HashData(seed)[32..];
        BigInteger r = HashScalar([.. prefix, .. message]);
        byte[] point = Encode(Multiply(r));
        BigInteger k = HashScalar([.. point, .. PublicKey(seed), .. message]);
        return [.. point, .. Bytes((r + (k * SecretScalar(seed))) % L)];
    }

    public static byte[] Bytes(BigInteger value)
    {
        var bytes = new byte[32];
        Assert.True(value.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }

    public static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true);

    public static BigInteger Mod(BigInteger value) => ((value % P) + P) % P;

    private static BigInteger HashScalar(byte[] data) => Number(SHA512.HashData(data)) % L;

    private static BigInteger SecretScalar(byte[] seed)
    {
        byte[] scalar = SHA512.HashData(seed)[..32];
        scalar[0] &= 248;
        scalar[31] = (byte)((scalar[31] & 127) | 64);
        return Number(scalar);
    }

    private static byte[] Encode((BigInteger X, BigInteger Y) point)
    {
        byte[] bytes = Bytes(point.Y);
        if (!point.X.IsEven) bytes[31] |= 0x80;
        return bytes;
    }

    /// <summary>A multiple of the base point, in projective coordinates (one inversion).</summary>
    private static (BigInteger X, BigInteger Y) Multiply(BigInteger scalar)
    {
        (BigInteger X, BigInteger Y, BigInteger Z) sum = (0, 1, 1);
        (BigInteger X, BigInteger Y, BigInteger Z) power = (BasePoint.X, BasePoint.Y, 1);
        for (; !scalar.IsZero; scalar >>= 1)
        {
            if (!scalar.IsEven) sum = Add(sum, power);
            power = Add(power, power);
        }
        BigInteger inverse = Invert(sum.Z);
        return (Mod(sum.X * inverse), Mod(sum.Y * inverse));
    }

    /// <summary>The complete addition law of -x^2 + y^2 = 1 + d x^2 y^2.</summary>
    private static (BigInteger X, BigInteger Y, BigInteger Z) Add(
        (BigInteger X, BigInteger Y, BigInteger Z) p, (BigInteger X, BigInteger Y, BigInteger Z) q)
    {
        BigInteger a = Mod(p.Z * q.Z), b = Mod(a * a);
        BigInteger c = Mod(p.X * q.X), d = Mod(p.Y * q.Y);
        BigInteger e = Mod(D * c * d), f = b - e, g = b + e;
        BigInteger cross = ((p.X + p.Y) * (q.X + q.Y)) - c - d;
        return (Mod(a * f * Mod(cross)), Mod(a * g * (d + c)), Mod(f * g));
    }

    private static BigInteger Invert(BigInteger value) => BigInteger.ModPow(Mod(value), P - 2, P);
}
