using System.Buffers;
using System.Buffers.Binary;

namespace Sequencer.Gateway.Link;

/// <summary>Builds the body of a sequence request (docs/PROTOCOL.md section 14).</summary>
internal sealed class SequenceRequest
{
    private const int PrefixBytes = 20;
    private const int GroupCountAt = 16;

    private readonly ArrayBufferWriter<byte> _body = new(4096);
    private readonly ulong _acknowledgedSize;
    private readonly ulong _startSize;
    private uint _groups;

    /// <summary>Starts a batch without groups.</summary>
    public SequenceRequest(ulong acknowledgedSize, ulong startSize)
    {
        _acknowledgedSize = acknowledgedSize;
        _startSize = startSize;
        _body.GetSpan(PrefixBytes);
        _body.Advance(PrefixBytes);
    }

    /// <summary>Starts a group; that many requests follow.</summary>
    public void BeginGroup(int members)
    {
        _groups++;
        WriteUInt16(members);
    }

    /// <summary>Adds a request to the group.</summary>
    public void Add(ReadOnlySpan<byte> request)
    {
        WriteUInt16(request.Length);
        _body.Write(request);
    }

    /// <summary>The body; nothing is added after it.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        byte[] body = _body.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64BigEndian(body, _acknowledgedSize);
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(8), _startSize);
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(GroupCountAt), _groups);
        return body;
    }

    private void WriteUInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_body.GetSpan(2), checked((ushort)value));
        _body.Advance(2);
    }
}
