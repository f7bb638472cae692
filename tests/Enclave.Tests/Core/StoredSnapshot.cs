using System.Buffers.Binary;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>
/// What a gateway hands over to begin a replay at a snapshot. The content is computed from the
/// records in the plainest way, by nothing that the core uses.
/// </summary>
internal sealed record StoredSnapshot
{
    public required ulong Size { get; init; }
    public required byte[] Note { get; init; }
    public required byte[] Document { get; init; }
    public required byte[] Statement { get; init; }
    public required byte[] Record { get; init; }
    public required List<byte[]> Cells { get; init; }
    public required List<byte[]> Uses { get; init; }
    public required List<byte[]> After { get; init; }

    public byte[] Content => [.. Cells.SelectMany(c => c), .. Uses.SelectMany(u => u)];

    /// <summary>The snapshot of a number in an enclave's log, which may have gone on since.</summary>
    public static StoredSnapshot Of(TestEnclave enclave, ulong number)
    {
        List<byte[]> before = enclave.Records[..(int)number];
        byte[] statement = before.Last(r => r[1] == (byte)RecordType.Statement);
        Assert.True(EpochStatement.TryParse(statement, out EpochStatement? parsed));
        return new StoredSnapshot
        {
            Size = enclave.Core.Size,
            Note = enclave.SignedHead(),
            Document = enclave.Document(),
            Statement = statement,
            Record = enclave.Records[(int)number],
            Cells = CellsOf(before),
            Uses = UsesOf(before, parsed.Fields.Configuration.IdempotencyWindow),
            After = enclave.Records[((int)number + 1)..],
        };
    }

    /// <summary>All but the end of the replay; null, or the first refusal.</summary>
    public (CoreResult Result, ReplayFault? Fault)? Replay(SequencerCore core, int frameItems = 1000)
    {
        CoreResult result =
            core.BeginReplayAtSnapshot(Size, Note, Document, Statement, Record);
        foreach (byte[][] frame in Cells.Concat(Uses).Chunk(frameItems))
        {
            if (result != CoreResult.Done) break;
            result = core.ReplayContent([.. frame.SelectMany(item => item)]);
        }
        foreach (byte[][] frame in After.Chunk(frameItems))
        {
            if (result != CoreResult.Done) break;
            result = core.ReplayRecords(TestEnclave.Bundle(frame));
        }
        return result == CoreResult.Done ? null : (result, core.ReplayFault);
    }

    private static List<byte[]> CellsOf(List<byte[]> records)
    {
        var order = new List<Digest>();
        var cells = new Dictionary<Digest, byte[]>();
        foreach (byte[] bytes in records)
        {
            if (!EntryRecord.TryParse(bytes, out EntryRecord entry)) continue;
            for (int i = 0; i < entry.CellCount; i++)
            {
                CellValue cell = entry.Cell(i);
                if (!cells.ContainsKey(cell.Key)) order.Add(cell.Key);
                var item = new byte[48];
                bytes.AsSpan(EntryRecord.FixedBytes + i * 40, 40).CopyTo(item);
                BinaryPrimitives.WriteUInt64BigEndian(item.AsSpan(40), entry.Header.Number);
                cells[cell.Key] = item;
            }
        }
        return [.. order.Select(key => cells[key])];
    }

    private static List<byte[]> UsesOf(List<byte[]> records, uint window)
    {
        var uses = new List<byte[]>();
        for (int number = Math.Max(0, records.Count - (int)window); number < records.Count; number++)
        {
            byte[] bytes = records[number];
            if (!EntryRecord.TryParse(bytes, out EntryRecord entry)) continue;
            if (entry.Idempotency.IsZero) continue;
            uses.Add([.. bytes[192..224], .. bytes[8..16], .. bytes[160..192], .. bytes[56..60]]);
        }
        return uses;
    }
}
