using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>
/// What a gateway hands over to begin a replay at a snapshot.
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
            Cells = PlainContent.Cells(before),
            Uses = PlainContent.Uses(before, parsed.Fields.Configuration.IdempotencyWindow),
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
}
