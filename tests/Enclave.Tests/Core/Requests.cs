using System.Buffers.Binary;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>Requests and batches as a gateway writes them.</summary>
internal static class Requests
{
    public static readonly Digest Tenant = Derivation.Tenant("default"u8);

    public static byte[] Append(string payload, params CellOperation[] operations) =>
        Keyed(payload, null, operations);

    public static byte[] Keyed(string payload, string? key, params CellOperation[] operations) =>
        AppendRequest.Encode(
            Tenant,
            Derivation.Payload(Encoding.UTF8.GetBytes(payload)),
            (uint)payload.Length,
            Derivation.Metadata([1, 0, 0, 0, 0]),
            key is null ? Digest.Zero : KeyDigest(key),
            operations);

    public static Digest KeyDigest(string key) =>
        Derivation.Idempotency(Tenant, 0, Encoding.UTF8.GetBytes(key));

    public static CellOperation Bump(string stream) => Make(OperationCode.Bump, stream, 0);

    public static CellOperation Exists(string stream) => Make(OperationCode.Exists, stream, 0);

    public static CellOperation NotExists(string stream) =>
        Make(OperationCode.NotExists, stream, 0);

    public static CellOperation VersionEquals(string stream, ulong version) =>
        Make(OperationCode.VersionEquals, stream, version);

    public static CellOperation UnchangedSince(string stream, ulong number) =>
        Make(OperationCode.UnchangedSince, stream, number);

    public static Digest Cell(string stream) =>
        Derivation.CellKey(Tenant, 1, Encoding.UTF8.GetBytes(stream));

    /// <summary>A batch of groups.</summary>
    public static byte[] Batch(ulong startSize, params byte[][][] groups)
    {
        var bytes = new List<byte>();
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, startSize);
        bytes.AddRange(number);
        BinaryPrimitives.WriteUInt32BigEndian(number, (uint)groups.Length);
        bytes.AddRange(number[..4]);
        foreach (byte[][] group in groups)
        {
            AddPrefix(bytes, group.Length);
            foreach (byte[] request in group)
            {
                AddPrefix(bytes, request.Length);
                bytes.AddRange(request);
            }
        }
        return [.. bytes];
    }

    private static void AddPrefix(List<byte> bytes, int value)
    {
        bytes.Add((byte)(value >> 8));
        bytes.Add((byte)value);
    }

    private static CellOperation Make(OperationCode code, string stream, ulong operand) =>
        new(code, CellKind.Stream, Encoding.UTF8.GetBytes(stream), operand);
}
