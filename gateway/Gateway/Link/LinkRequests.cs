using System.Buffers.Binary;
using System.Text;
using Sequencer.Gateway.Identity;

namespace Sequencer.Gateway.Link;

/// <summary>Encoders of the bodies of requests (docs/PROTOCOL.md section 14).</summary>
internal static class LinkRequests
{
    public static byte[] ReplayBegin(
        ulong size, ReadOnlySpan<byte> checkpoint, ReadOnlySpan<byte> document)
    {
        var body = new byte[8 + 4 + checkpoint.Length + 4 + document.Length];
        BinaryPrimitives.WriteUInt64BigEndian(body, size);
        WriteBlock(body.AsSpan(8), checkpoint);
        WriteBlock(body.AsSpan(12 + checkpoint.Length), document);
        return body;
    }

    public static byte[] ReplayBeginAtSnapshot(
        ulong size,
        ReadOnlySpan<byte> checkpoint,
        ReadOnlySpan<byte> document,
        ReadOnlySpan<byte> statement,
        ReadOnlySpan<byte> snapshot)
    {
        byte[] begin = ReplayBegin(size, checkpoint, document);
        var body = new byte[begin.Length + 4 + statement.Length + 4 + snapshot.Length];
        begin.CopyTo(body.AsSpan());
        WriteBlock(body.AsSpan(begin.Length), statement);
        WriteBlock(body.AsSpan(begin.Length + 4 + statement.Length), snapshot);
        return body;
    }

    public static byte[] Size(ulong size)
    {
        var body = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(body, size);
        return body;
    }

    public static byte[] Position(ulong acknowledgedSize, ulong startSize)
    {
        var body = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(body, acknowledgedSize);
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(8), startSize);
        return body;
    }

    public static byte[] Identity(AwsCredentials credentials, ReadOnlySpan<byte> given)
    {
        byte[] id = Encoding.ASCII.GetBytes(credentials.AccessKeyId);
        byte[] secret = Encoding.ASCII.GetBytes(credentials.SecretAccessKey);
        byte[] token = Encoding.ASCII.GetBytes(credentials.SessionToken);
        var body = new byte[16 + id.Length + secret.Length + token.Length + given.Length];
        Span<byte> rest = body;
        WriteBlock(rest, id);
        WriteBlock(rest = rest[(4 + id.Length)..], secret);
        WriteBlock(rest = rest[(4 + secret.Length)..], token);
        WriteBlock(rest[(4 + token.Length)..], given);
        return body;
    }

    public static byte[] Attest(ReadOnlySpan<byte> nonce) => [(byte)nonce.Length, .. nonce];

    private static void WriteBlock(Span<byte> destination, ReadOnlySpan<byte> block)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)block.Length);
        block.CopyTo(destination[4..]);
    }
}
