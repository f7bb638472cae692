using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>What a gateway may try with a snapshot.</summary>
public sealed class SnapshotRefusalTests
{
    private const int First = 4;
    private const int Second = 7;

    // 0 statement, 1 and 2 entries, 3 an entry, 4 snapshot, 5 and 6 entries, 7 snapshot, 8 entry.
    private static readonly TestEnclave Enclave = MakeLog();

    private static TestEnclave MakeLog()
    {
        TestEnclave enclave = TestEnclave.Open(cellsMax: 4, window: 5);
        enclave.Sequence([Keyed("a", "k", Bump("s"))], [Append("b", Bump("t"), Bump("s"))]);
        enclave.One(Keyed("c", "k2"));
        enclave.Snapshot();
        enclave.One(Append("d", Bump("t")));
        enclave.One(Keyed("e", "k3"));
        enclave.Snapshot();
        enclave.One(Append("f", Bump("s")));
        return enclave;
    }

    [Fact]
    public void Every_bit_of_content_snapshot_and_statement_counts()
    {
        StoredSnapshot good = StoredSnapshot.Of(Enclave, First);
        Assert.Null(Refusal(good));
        int cells = good.Cells.Count;
        byte[][] items = [.. good.Cells, .. good.Uses];
        for (int i = 0; i < items.Length; i++)
        {
            foreach (byte[] flipped in Seeded.OneBitFlips(items[i]))
            {
                byte[][] all = [.. items];
                all[i] = flipped;
                Refuses(ReplayRule.SnapshotContent, First, good with
                {
                    Cells = [.. all[..cells]],
                    Uses = [.. all[cells..]],
                });
            }
        }
        foreach (byte[] flipped in Seeded.OneBitFlips(good.Record))
        {
            Assert.NotNull(Refusal(good with { Record = flipped }));
        }
        foreach (byte[] flipped in Seeded.OneBitFlips(good.Statement))
        {
            Refuses(ReplayRule.Snapshot, 0, good with { Statement = flipped });
        }
    }

    [Fact]
    public void A_frontier_time_or_previous_hash_of_another_log_shows_at_the_next_record_or_the_head()
    {
        StoredSnapshot good = StoredSnapshot.Of(Enclave, First);
        // What is compared with itself alone: frontier, statement before, previous, time.
        foreach (int at in new[] { SnapshotRecord.FixedBytes, 71, 24, 23 })
        {
            byte[] record = [.. good.Record];
            record[at] ^= 1;
            Refuses(ReplayRule.Chain, First + 1, good with { Record = record });

            // With nothing behind it, the root is what tells.
            TestEnclave enclave = TestEnclave.Open();
            enclave.One(Append("a"));
            StoredSnapshot last = StoredSnapshot.Of(enclave, enclave.Snapshot());
            record = [.. last.Record];
            record[at] ^= 1;
            Refuses(ReplayRule.Root, 3, last with { Record = record });
        }
    }

    [Fact]
    public void Content_that_is_cut_or_too_long_or_in_another_order_is_refused()
    {
        StoredSnapshot good = StoredSnapshot.Of(Enclave, First);
        Refuses(ReplayRule.SnapshotContent, First, good with { Uses = good.Uses[..^1] });
        Refuses(ReplayRule.SnapshotContent, 0, good with { Uses = [], After = [] });
        Refuses(ReplayRule.SnapshotContent, First,
            good with { Cells = [good.Cells[1], good.Cells[0]] });
        Refuses(ReplayRule.SnapshotContent, First,
            good with { Uses = [good.Uses[1], good.Uses[0]] });
        Refuses(ReplayRule.SnapshotContent, First,
            good with { Cells = [good.Cells[0], good.Cells[0]] });
        Refuses(ReplayRule.SnapshotContent, First,
            good with { Uses = [good.Uses[0], good.Uses[0]] });
        Refuses(ReplayRule.SnapshotContent, First + 1,
            good with { Uses = [.. good.Uses, good.Uses[0]] }, frameItems: 1);

        Assert.Equal((CoreResult.MalformedFrame, null), Refusal(
            good with { Uses = [.. good.Uses, good.Uses[0]] }));
        Assert.Equal((CoreResult.MalformedFrame, null), Refusal(
            good with { Cells = [good.Cells[0], good.Cells[1][..^1]], Uses = [] }, frameItems: 1));
    }

    [Fact]
    public void Content_statement_or_records_of_another_snapshot_are_refused()
    {
        StoredSnapshot first = StoredSnapshot.Of(Enclave, First);
        StoredSnapshot second = StoredSnapshot.Of(Enclave, Second);
        Refuses(ReplayRule.SnapshotContent, First, first with { Uses = second.Uses[..2], Cells = second.Cells });
        Refuses(ReplayRule.Number, First + 1, first with { After = second.After });
        Refuses(ReplayRule.Number, Second + 1, second with { After = first.After });

        // A snapshot that is older than the statement, or younger.
        TestEnclave next = Enclave.Restart();
        ulong third = next.Snapshot();
        StoredSnapshot old = StoredSnapshot.Of(next, First);
        StoredSnapshot young = StoredSnapshot.Of(next, third);
        Assert.Null(Refusal(old, next));
        Assert.Null(Refusal(young, next));
        Refuses(ReplayRule.Snapshot, 0, old with { Statement = young.Statement });
        Refuses(ReplayRule.Snapshot, 0, young with { Statement = old.Statement });
    }

    [Fact]
    public void A_snapshot_of_another_history_does_not_reach_the_head()
    {
        TestEnclave other = TestEnclave.Open(cellsMax: 4, window: 5, epoch: Enclave.Epoch);
        other.Sequence([Keyed("a", "k", Bump("s"))], [Append("b", Bump("s"), Bump("t"))]);
        other.One(Append("another"));
        StoredSnapshot forged = StoredSnapshot.Of(other, other.Snapshot());
        StoredSnapshot real = StoredSnapshot.Of(Enclave, First);
        Assert.Equal(real.Statement, forged.Statement);
        Refuses(ReplayRule.Chain, First + 1, real with
        {
            Record = forged.Record,
            Cells = forged.Cells,
            Uses = forged.Uses,
        });
        Refuses(ReplayRule.Root, First + 1, real with
        {
            Size = First + 1,
            Record = forged.Record,
            Cells = forged.Cells,
            Uses = forged.Uses,
            After = [],
        });
    }

    [Fact]
    public void Nothing_that_a_caller_sends_becomes_a_snapshot()
    {
        // The bytes of a snapshot as payload: what the log has of it is an entry with its digest.
        TestEnclave enclave = TestEnclave.Open(cellsMax: 4, window: 5, epoch: Enclave.Epoch);
        byte[] real = Enclave.Records[First];
        enclave.Sequence([AppendRequest.Encode(
            Tenant, Derivation.Payload(real), (uint)real.Length,
            Derivation.Metadata([1, 0, 0, 0, 0]), default, [])]);
        StoredSnapshot stored = StoredSnapshot.Of(enclave, 1);
        Refuses(ReplayRule.Snapshot, 0, stored);
        Refuses(ReplayRule.SnapshotContent, 0, stored with { Record = real, Size = 9 });
    }

    [Fact]
    public void A_full_replay_computes_each_snapshot_anew()
    {
        foreach (int at in new[] { 56, 60, 64, 72, 104, 136, SnapshotRecord.FixedBytes })
        {
            List<byte[]> records = [.. Enclave.Records];
            records[First] = [.. records[First]];
            records[First][at + 3] ^= 1;
            var core = new SequencerCore(new CoreLimits());
            core.BeginReplay(Enclave.Core.Size, Enclave.SignedHead(), Enclave.Document());
            Assert.Equal(
                CoreResult.ReplayRefused, core.ReplayRecords(TestEnclave.Bundle(records)));
            Assert.Equal(new ReplayFault(ReplayRule.Snapshot, First), core.ReplayFault);
        }
    }

    [Fact]
    public void More_than_configuration_or_image_allow_is_refused_before_any_content()
    {
        StoredSnapshot good = StoredSnapshot.Of(Enclave, First);
        foreach (int at in new[] { 56, 60 })
        {
            byte[] record = [.. good.Record];
            record[at + 1] = 1;
            Refuses(ReplayRule.Snapshot, 0, good with { Record = record });
        }
        Refuses(ReplayRule.Size, 0, good with { Size = First });
        foreach (var limits in new CoreLimits[] { new() { CellsMax = 3 }, new() { IdempotencyWindowMax = 4 } })
        {
            var core = new SequencerCore(limits);
            Assert.Equal((CoreResult.BadConfiguration, null), good.Replay(core));
            Assert.Equal(CorePhase.Empty, core.Phase);
        }
    }

    [Fact]
    public void Content_comes_after_a_snapshot_and_nowhere_else()
    {
        var core = new SequencerCore(new CoreLimits());
        Assert.Equal(CoreResult.WrongPhase, core.ReplayContent([]));
        core.BeginReplay(Enclave.Core.Size, Enclave.SignedHead(), Enclave.Document());
        Assert.Equal(CoreResult.ReplayRefused, core.ReplayContent([]));
        Assert.Equal(new ReplayFault(ReplayRule.SnapshotContent, 0), core.ReplayFault);
        StoredSnapshot good = StoredSnapshot.Of(Enclave, First);
        // A begin anew drops what came before.
        Assert.NotNull((good with { Uses = [], After = [] }).Replay(core) is null ? "" : null);
        Assert.Null(good.Replay(core));
    }

    private static void Refuses(
        ReplayRule rule, ulong number, StoredSnapshot stored, int frameItems = 1000) =>
        Assert.Equal(
            (CoreResult.ReplayRefused, new ReplayFault(rule, number)),
            Refusal(stored, frameItems: frameItems));

    /// <summary>Null if the replay opens the next epoch.</summary>
    private static (CoreResult Result, ReplayFault? Fault)? Refusal(
        StoredSnapshot stored, TestEnclave? enclave = null, int frameItems = 1000)
    {
        var core = new SequencerCore(new CoreLimits());
        var refusal = stored.Replay(core, frameItems);
        if (refusal is null)
        {
            CoreResult result = core.EndReplay(
                new TestEpoch(7).Keys, TestEpoch.Own(), (enclave ?? Enclave).TimeMs, out _);
            if (result != CoreResult.HeadToSign) refusal = (result, core.ReplayFault);
        }
        if (refusal is not null) Assert.Equal(CorePhase.Empty, core.Phase);
        return refusal;
    }
}
