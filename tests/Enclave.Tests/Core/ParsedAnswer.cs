using System.Buffers.Binary;
using Sequencer.Attestation.Log;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>
/// A batch answer read as docs/PROTOCOL.md section 14 says, every byte accounted for.
/// </summary>
internal sealed class ParsedAnswer
{
    public ParsedAnswer(ReadOnlyMemory<byte> answer)
    {
        Bytes = answer.ToArray();
        ReadOnlySpan<byte> rest = Bytes;
        StartSize = BinaryPrimitives.ReadUInt64BigEndian(Take(ref rest, 8));
        uint outcomes = BinaryPrimitives.ReadUInt32BigEndian(Take(ref rest, 4));
        for (uint i = 0; i < outcomes; i++)
        {
            ReadOnlySpan<byte> o = Take(ref rest, 20);
            Outcomes.Add(new Outcome(
                (OutcomeStatus)o[0],
                (RefusalReason)o[1],
                BinaryPrimitives.ReadUInt16BigEndian(o[2..]),
                BinaryPrimitives.ReadUInt64BigEndian(o[4..]),
                BinaryPrimitives.ReadInt64BigEndian(o[12..])));
        }
        uint records = BinaryPrimitives.ReadUInt32BigEndian(Take(ref rest, 4));
        for (uint i = 0; i < records; i++)
        {
            Records.Add(Take(
                ref rest, BinaryPrimitives.ReadUInt16BigEndian(Take(ref rest, 2))).ToArray());
        }
        Checkpoint = Take(
            ref rest, (int)BinaryPrimitives.ReadUInt32BigEndian(Take(ref rest, 4))).ToArray();
        Assert.True(rest.IsEmpty);
    }

    public byte[] Bytes { get; }
    public ulong StartSize { get; }
    public List<Outcome> Outcomes { get; } = [];
    public List<byte[]> Records { get; } = [];
    public byte[] Checkpoint { get; }

    public EntryRecord Entry(int index)
    {
        Assert.True(EntryRecord.TryParse(Records[index], out EntryRecord record));
        return record;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int length)
    {
        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
