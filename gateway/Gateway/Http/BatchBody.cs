using System.Buffers.Binary;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>Takes a batch's body apart.</summary>
internal static class BatchBody
{
    /// <summary>Media type: a JSON object a line.</summary>
    public const string LinesMediaType = "application/x-ndjson";

    /// <summary>Media type: u32 length (big endian) and payload, repeated.</summary>
    public const string FramesMediaType = "application/vnd.sequencer.batch";

    private const int LengthBytes = 4;

    /// <summary>Reads lines; the last may lack its line feed.</summary>
    public static Problem? TryReadLines(
        byte[] body, int entryMaxBytes, out List<EntryDraft> entries)
    {
        entries = [];
        ReadOnlySpan<byte> rest = body;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            Problem? problem = EntryJson.TryRead(line, isBatch: true, out EntryDraft entry);
            if (problem is not null) return problem with { Index = entries.Count };
            problem = TryAdd(entries, entry, entryMaxBytes);
            if (problem is not null) return problem;
        }
        return RefuseEmpty(entries);
    }

    /// <summary>Reads frames; the entries keep slices of the body.</summary>
    public static Problem? TryReadFrames(
        byte[] body, int entryMaxBytes, out List<EntryDraft> entries)
    {
        entries = [];
        ReadOnlyMemory<byte> rest = body;
        while (!rest.IsEmpty)
        {
            uint length = 0;
            if (rest.Length < LengthBytes
                || (length = BinaryPrimitives.ReadUInt32BigEndian(rest.Span)) > rest.Length - LengthBytes)
            {
                return new Problem(ProblemKind.InvalidRequest, "The body ends inside an entry.")
                {
                    Index = entries.Count,
                };
            }
            var entry = new EntryDraft { Payload = rest.Slice(LengthBytes, (int)length) };
            rest = rest[(LengthBytes + (int)length)..];
            Problem? problem = TryAdd(entries, entry, entryMaxBytes);
            if (problem is not null) return problem;
        }
        return RefuseEmpty(entries);
    }

    private static Problem? TryAdd(List<EntryDraft> entries, EntryDraft entry, int entryMaxBytes)
    {
        if (entries.Count == Limits.GroupMax)
        {
            return new Problem(ProblemKind.InvalidRequest, $"At most {Limits.GroupMax} entries.")
            {
                Limit = Limits.GroupMax,
            };
        }
        if (entry.Payload.Length > entryMaxBytes)
        {
            return Problem.TooLarge(entryMaxBytes) with { Index = entries.Count };
        }
        entries.Add(entry);
        return null;
    }

    private static Problem? RefuseEmpty(List<EntryDraft> entries) =>
        entries.Count > 0 ? null : new Problem(ProblemKind.InvalidRequest, "The batch is empty.");
}
