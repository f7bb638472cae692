using Sequencer.Enclave.Host.Link;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// A parent that speaks to a new enclave itself, and shows it a log that is not the one under the
/// head: no epoch is opened.
/// </summary>
internal sealed class HostileReplays(World world, HonestRun honest)
{
    private const int ChunkBytes = 4 * 1024 * 1024;

    public void Run(Dictionary<string, byte[]> newest)
    {
        Shown whole = Read(newest);
        Shown older = Read(honest.OlderStore);
        byte[] flipped = [.. whole.Records];
        flipped[world.Chance.Next(flipped.Length)] ^= (byte)(1 << world.Chance.Next(8));
        Expect(true, "the log itself", whole);
        Expect(false, "fewer records than the head has", whole with { Records = older.Records });
        Expect(false, "a smaller size than the head's", whole with { Size = older.Size });
        Expect(false, "a record with another bit", whole with { Records = flipped });
        Expect(false, "an older head over newer records", whole with
        {
            Checkpoint = older.Checkpoint,
            Document = older.Document,
        });
        if (whole.First.SequenceEqual(whole.Document)) return;
        Expect(false, "another epoch's document", whole with { Document = whole.First });
    }

    private void Expect(bool isOpened, string what, Shown shown)
    {
        honest.Machine.TryStartEnclave();
        SimulatedEnclave enclave = honest.Machine.Link.Enclave!;
        bool wasOpened =
            IsDone(enclave, LinkMessageType.ReplayBegin, LinkRequests.ReplayBegin(
                shown.Size, shown.Checkpoint, shown.Document))
            && IsDone(enclave, LinkMessageType.ReplayRecords, shown.Records)
            && IsDone(enclave, LinkMessageType.ReplayEnd, []);
        enclave.Process.Kill();
        if (wasOpened == isOpened)
        {
            world.Count(isOpened ? "hostile: replay of the log itself" : "hostile: replay refused");
            return;
        }
        honest.Ledger.Violations.Add($"An enclave that was shown {what}: opened is {wasOpened}.");
    }

    private bool IsDone(SimulatedEnclave enclave, LinkMessageType type, byte[] body) =>
        enclave.Handle(this, new FrameHeader(type, 1, body.Length), body) is { } answer
        && answer[5] != LinkProtocol.ErrorType;

    private Shown Read(Dictionary<string, byte[]> files)
    {
        honest.Machine.Disk.Restore(files);
        var parent = new SimulatedProcess(world, "parent");
        (LogStore store, _) = Recovery.Open(
            honest.Machine.Disk.MountedBy(parent), "data", new StoreOptions());
        using (store)
        {
            LogView view = store.View;
            var records = new byte[ChunkBytes];
            int length = view.ReadRecords(0, records, out int count);
            Assert.Equal(view.Size, (ulong)count);
            return new Shown(
                view.Size,
                view.Checkpoint.ToArray(),
                store.EpochDocument(view.Statements[^1].Epoch)!,
                store.EpochDocument(0)!,
                records[..length]);
        }
    }

    private sealed record Shown(
        ulong Size, byte[] Checkpoint, byte[] Document, byte[] First, byte[] Records);
}
