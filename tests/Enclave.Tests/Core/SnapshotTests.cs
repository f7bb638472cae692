using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>Snapshots, and logs that go on from one.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public void A_snapshot_says_what_the_records_before_it_come_to()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.Sequence([Keyed("a", "k", Bump("s"))], [Append("b", Bump("t"), Bump("s"))]);
        enclave.TimeMs += 5;
        var frontier = new TreeFrontier();
        foreach (byte[] record in enclave.Records) frontier.Append(TreeHash.Leaf(record));
        Assert.Equal(3ul, enclave.Snapshot());

        Assert.True(SnapshotRecord.TryParse(enclave.Records[3], out SnapshotRecord snapshot));
        SnapshotFields fields = snapshot.Fields;
        Assert.Equal((0u, 3ul, enclave.TimeMs),
            (snapshot.Header.Epoch, snapshot.Header.Number, snapshot.Header.TimeMs));
        Assert.Equal(TreeHash.Leaf(enclave.Records[2]), snapshot.Header.Previous);
        Assert.Equal((2u, 1u, 0ul),
            (fields.CellCount, fields.UseCount, fields.StatementBeforeTimeMs));
        Assert.Equal(enclave.Core.Statement!.Hash, fields.Statement);
        Assert.Equal(frontier.Root(), snapshot.Frontier().Root());
        Assert.Equal((4ul, CorePhase.Open), (enclave.Head.Size, enclave.Core.Phase));
        StoredSnapshot stored = StoredSnapshot.Of(enclave, 3);
        Assert.Equal(
            fields.Cells,
            Attestation.Cryptography.Sha256.Hash(
                "seq-cells/v1\0"u8, stored.Cells.SelectMany(c => c).ToArray()));
        Assert.Equal(
            fields.Window,
            Attestation.Cryptography.Sha256.Hash("seq-window/v1\0"u8, Assert.Single(stored.Uses)));
    }

    [Fact]
    public void A_snapshot_is_taken_at_the_size_alone_and_retained_until_acknowledged()
    {
        TestEnclave enclave = TestEnclave.Open();
        Assert.Equal(
            CoreResult.WrongPosition,
            enclave.Core.Snapshot(0, 2, enclave.TimeMs, out HeadToSign? head));
        Assert.Equal(
            CoreResult.WrongPosition, enclave.Core.Snapshot(5, 1, enclave.TimeMs, out head));
        Assert.Null(head);
        enclave.TimeMs -= 5;
        enclave.Snapshot();
        Assert.Equal([0ul, 1ul], enclave.Core.Pending(0).Select(b => new ParsedAnswer(b).StartSize));
        Assert.Equal(CoreResult.Done, enclave.Core.Acknowledge(2));
        Assert.Equal(Outcome.Appended(2), enclave.One(Append("a")));
        enclave.Seal();
        Assert.Equal(
            CoreResult.Sealed, enclave.Core.Snapshot(0, 4, enclave.TimeMs, out head));
        var empty = new SequencerCore(new CoreLimits());
        Assert.Equal(CoreResult.WrongPhase, empty.Snapshot(0, 0, 1, out head));
    }

    [Fact]
    public void A_restart_from_a_snapshot_equals_a_full_one()
    {
        Random random = Seeded.Random(out _);
        // One for all: the same keys make the same statement.
        var last = new TestEpoch(9);
        for (int run = 0; run < 3; run++)
        {
            TestEnclave enclave = TestEnclave.Open(cellsMax: 6, window: 10);
            List<ulong> snapshots = Grow(enclave, random, 60);
            enclave = enclave.RestartAt(snapshots[random.Next(snapshots.Count)], new TestEpoch(1));
            snapshots.AddRange(Grow(enclave, random, 30));

            byte[] end = Statement(enclave.Restart(epoch: last));
            foreach (ulong snapshot in snapshots)
            {
                TestEnclave next = enclave.RestartAt(snapshot, last);
                Assert.Equal(end, Statement(next));
                TestEnclave full = enclave.Restart(epoch: last);
                // Same cells and same keys: the same answers, and the same snapshot of them.
                int seed = random.Next();
                Grow(next, new Random(seed), 15);
                Grow(full, new Random(seed), 15);
                next.Snapshot();
                full.Snapshot();
                Assert.Equal(full.Records, next.Records);
            }
        }

        static byte[] Statement(TestEnclave enclave) => enclave.Core.Statement!.Bytes.ToArray();
    }

    [Fact]
    public void Content_and_records_may_come_in_any_number_of_frames()
    {
        TestEnclave enclave = TestEnclave.Open();
        Random random = Seeded.Random(out _);
        ulong number = Grow(enclave, random, 40)[0];
        foreach (int perFrame in new[] { 1, 2, 7, 1000 })
        {
            var core = new SequencerCore(new CoreLimits());
            Assert.Null(StoredSnapshot.Of(enclave, number).Replay(core, perFrame));
            Assert.Equal(enclave.Core.Size, core.Size);
        }
    }

    [Fact]
    public void A_log_is_replayed_at_its_caps()
    {
        const uint Max = 20_000;
        var limits = new CoreLimits { CellsMax = Max, IdempotencyWindowMax = Max };
        TestEnclave enclave = TestEnclave.Open(Max, Max, limits);
        int made = 0;
        while (made < Max)
        {
            enclave.Sequence([.. Enumerable.Range(made, 1000).Select(
                n => new[] { Keyed("p", $"k{n}", Bump($"s{n}")) })]);
            made += 1000;
        }
        Assert.Equal(RefusalReason.CellsMax, enclave.One(Append("x", Bump("one more"))).Reason);
        ulong number = enclave.Snapshot();
        Assert.True(SnapshotRecord.TryParse(enclave.Records[^1], out SnapshotRecord snapshot));
        // The window is of numbers: all but the genesis lie in it, at its very edge.
        Assert.Equal((Max, Max), (snapshot.Fields.CellCount, snapshot.Fields.UseCount));

        foreach (TestEnclave next in new[] { enclave.Restart(limits), enclave.RestartAt(number) })
        {
            Assert.Equal(RefusalReason.CellsMax, next.One(Append("x", Bump("more"))).Reason);
            // The snapshot and the statement took a number each, and this one is the next.
            Assert.Equal(Outcome.Replayed(4), next.One(Keyed("p", "k3", Bump("s3"))));
            Assert.Equal(RefusalReason.Guard, next.One(Append("p", VersionEquals("s2", 0))).Reason);
        }
    }

    [Fact]
    public void A_snapshot_right_after_a_statement_is_of_that_statement()
    {
        TestEnclave first = TestEnclave.Open();
        first.One(Keyed("a", "k", Bump("s")));
        first.TimeMs += 7;
        TestEnclave second = first.Restart(epoch: new TestEpoch(1));
        ulong number = second.Snapshot();
        Assert.True(SnapshotRecord.TryParse(second.Records[^1], out SnapshotRecord snapshot));
        Assert.Equal(second.Core.Statement!.Hash, snapshot.Fields.Statement);
        Assert.Equal(TestEnclave.StartMs, snapshot.Fields.StatementBeforeTimeMs);
        TestEnclave third = second.RestartAt(number, new TestEpoch(2));
        Assert.Equal(Outcome.Replayed(1), third.One(Keyed("a", "k", Bump("s"))));
        Assert.Equal(second.Core.LogId, third.Core.LogId);
    }

    /// <summary>Random batches with a snapshot here and there; gives their numbers.</summary>
    private static List<ulong> Grow(TestEnclave enclave, Random random, int rounds)
    {
        var snapshots = new List<ulong>();
        for (int round = 0; round < rounds; round++)
        {
            enclave.Sequence(RandomBatches.Groups(random));
            if (random.Next(8) == 0 || round == rounds - 1) snapshots.Add(enclave.Snapshot());
        }
        return snapshots;
    }
}
