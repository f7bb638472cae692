using System.Buffers.Binary;
using Sequencer.Attestation.Log;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>
/// The content of a snapshot, from the records before it, in the plainest way and by nothing that
/// the product uses.
/// </summary>
internal static class PlainContent
{
    /// <summary>Each cell's 48 bytes, in the order of first use.</summary>
    public static List<byte[]> Cells(IEnumerable<byte[]> records)
    {
        var order = new List<Digest>();
        var cells = new Dictionary<Digest, byte[]>();
        foreach (byte[] bytes in records)
        {
            if (!EntryRecord.TryParse(bytes, out EntryRecord entry)) continue;
            for (int i = 0; i < entry.CellCount; i++)
            {
                Digest key = entry.Cell(i).Key;
                if (!cells.ContainsKey(key)) order.Add(key);
                var item = new byte[48];
                bytes.AsSpan(224 + i * 40, 40).CopyTo(item);
                BinaryPrimitives.WriteUInt64BigEndian(item.AsSpan(40), entry.Header.Number);
                cells[key] = item;
            }
        }
        return [.. order.Select(key => cells[key])];
    }

    /// <summary>Each use's 76 bytes, oldest first.</summary>
    public static List<byte[]> Uses(IReadOnlyList<byte[]> records, uint window)
    {
        var uses = new List<byte[]>();
        for (int n = (int)Math.Max(0, records.Count - (long)window); n < records.Count; n++)
        {
            byte[] bytes = records[n];
            if (!EntryRecord.TryParse(bytes, out EntryRecord entry)) continue;
            if (entry.Idempotency.IsZero) continue;
            uses.Add([.. bytes[192..224], .. bytes[8..16], .. bytes[160..192], .. bytes[56..60]]);
        }
        return uses;
    }
}
