using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

public sealed class AllocationTests
{
    [Fact]
    public void A_batch_allocates_the_same_however_many_records_it_has()
    {
        long few = AllocatedPerBatch(records: 10);
        long many = AllocatedPerBatch(records: 1000);
        // A head, its text and the like are of the batch; nothing is of the record.
        Assert.InRange(many, 0, few + 64);
        Assert.InRange(few, 0, 2048);
    }

    private static long AllocatedPerBatch(int records)
    {
        const int Batches = 40;
        TestEnclave enclave = TestEnclave.Open(cellsMax: 4, window: 100);
        SequencerCore core = enclave.Core;
        byte[][] batches = [.. Enumerable.Range(0, Batches).Select(b => Batch(
            1 + (ulong)(b * records),
            [.. Enumerable.Range(0, records).Select<int, byte[][]>(i =>
                [Keyed("a", $"{b}/{i}", Exists("s"), Bump("s"))])]))];
        batches[0] = Batch(1, [.. Enumerable.Range(0, records).Select<int, byte[][]>(
            _ => [Append("a", Bump("s"))])]);
        byte[] note = new byte[300];
        // The least of many: the runtime itself now and then makes something on this thread.
        long least = long.MaxValue;
        foreach (byte[] batch in batches)
        {
            ulong acknowledged = core.Size;
            long before = GC.GetAllocatedBytesForCurrentThread();
            CoreResult result = core.Sequence(
                acknowledged, batch, 0, out HeadToSign? head, out ReadOnlyMemory<byte> _);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(CoreResult.HeadToSign, result);
            head!.Text.Span.CopyTo(note);
            core.Complete(note, out _);
            least = Math.Min(least, allocated);
        }
        return least;
    }
}
