using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>
/// The requests of an NSM: CBOR, tagged by a name outside. A request without fields is its name
/// alone, any other a map of its name to the map of its fields.
/// </summary>
internal static class NsmRequest
{
    /// <summary>Longest request that the driver takes, in bytes.</summary>
    public const int BytesMax = 0x1000;

    public const string AttestationName = "Attestation";
    public const string GetRandomName = "GetRandom";
    public const string DescribeNsmName = "DescribeNSM";
    public const string DescribePcrName = "DescribePCR";
    public const string ExtendPcrName = "ExtendPCR";
    public const string LockPcrName = "LockPCR";
    public const string LockPcrsName = "LockPCRs";

    /// <summary>An unset option is null, which is not the empty byte string.</summary>
    public static byte[] Attestation(NsmOptions options) => Start(AttestationName, 3)
        .Text("user_data").Option(options.UserData)
        .Text("nonce").Option(options.Nonce)
        .Text("public_key").Option(options.PublicKey)
        .ToArray();

    public static byte[] GetRandom() => new CborBytes().Text(GetRandomName).ToArray();

    public static byte[] DescribeNsm() => new CborBytes().Text(DescribeNsmName).ToArray();

    public static byte[] DescribePcr(ushort index) =>
        Start(DescribePcrName, 1).Text("index").Number(index).ToArray();

    public static byte[] ExtendPcr(ushort index, ReadOnlySpan<byte> data) =>
        Start(ExtendPcrName, 2).Text("index").Number(index).Text("data").Bytes(data).ToArray();

    public static byte[] LockPcr(ushort index) =>
        Start(LockPcrName, 1).Text("index").Number(index).ToArray();

    /// <summary>Locks the PCRs 0 to <paramref name="count"/> - 1.</summary>
    public static byte[] LockPcrs(ushort count) =>
        Start(LockPcrsName, 1).Text("range").Number(count).ToArray();

    private static CborBytes Start(string name, int fields) =>
        new CborBytes().StartMap(1).Text(name).StartMap(fields);
}
