using System.Buffers.Binary;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Enclave.Core;

/// <summary>
/// A batch whose lengths fit together, as docs/PROTOCOL.md section 14 has it; its requests are not
/// yet parsed.
/// </summary>
internal readonly ref struct Batch
{
    private const int PrefixBytes = 8 + 4;

    private Batch(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The batch as received.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The size that the sender takes the log to have.</summary>
    public ulong StartSize => BinaryPrimitives.ReadUInt64BigEndian(Bytes);

    /// <summary>The groups, end to end, for <see cref="TryReadGroup"/>.</summary>
    public ReadOnlySpan<byte> Groups => Bytes[PrefixBytes..];

    /// <summary>Requests in all groups together.</summary>
    public int MemberCount { get; private init; }

    /// <summary>Longest answer that can come of it, in bytes.</summary>
    public int AnswerBytesMax { get; private init; }

    /// <summary>
    /// Reads a batch that must fill <paramref name="bytes"/>. False also for one whose answer might
    /// not fit a frame: it could not be given once it was sequenced.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Batch batch)
    {
        batch = default;
        if (bytes.Length < PrefixBytes) return false;
        uint groups = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        ReadOnlySpan<byte> rest = bytes[PrefixBytes..];
        int members = 0;
        long answerBytes = BatchAnswer.FixedBytes;
        for (uint g = 0; g < groups; g++)
        {
            if (!TryReadGroup(ref rest, out int count, out ReadOnlySpan<byte> group)) return false;
            members += count;
            while (EntryBundle.TryRead(ref group, out ReadOnlySpan<byte> request))
            {
                answerBytes += BatchAnswer.BytesMax(request);
            }
        }
        if (!rest.IsEmpty || answerBytes > BatchAnswer.MaxBytes) return false;
        batch = new Batch(bytes) { MemberCount = members, AnswerBytesMax = (int)answerBytes };
        return true;
    }

    /// <summary>
    /// Takes the first group off <paramref name="groups"/>: its members, each with its length, as
    /// <see cref="EntryBundle.TryRead"/> reads them.
    /// </summary>
    public static bool TryReadGroup(
        ref ReadOnlySpan<byte> groups, out int count, out ReadOnlySpan<byte> members)
    {
        members = default;
        count = 0;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(groups, out ushort announced)) return false;
        if (announced is 0 or > Limits.GroupMax) return false;
        ReadOnlySpan<byte> rest = groups[2..];
        for (count = 0; count < announced; count++)
        {
            if (!EntryBundle.TryRead(ref rest, out _)) return false;
        }
        members = groups[2..^rest.Length];
        groups = rest;
        return true;
    }
}
