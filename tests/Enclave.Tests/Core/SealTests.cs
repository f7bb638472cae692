using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>An epoch that ends as planned, and the one that follows it.</summary>
public sealed class SealTests
{
    private const int StatementAt = RecordHeader.Bytes;

    [Fact]
    public void A_seal_is_the_last_record_under_a_last_head()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.One(Append("a"));
        enclave.TimeMs += 5;
        ParsedAnswer answer = enclave.Seal();

        Assert.Equal((2ul, 0), (answer.StartSize, answer.Outcomes.Count));
        Assert.True(SealRecord.TryParse(Assert.Single(answer.Records), out SealRecord seal));
        Assert.Equal((0u, 2ul, enclave.TimeMs),
            (seal.Header.Epoch, seal.Header.Number, seal.Header.TimeMs));
        Assert.Equal(TreeHash.Leaf(enclave.Records[1]), seal.Header.Previous);
        Assert.Equal(enclave.Core.Statement!.Hash, seal.Statement);
        Assert.Equal((3ul, CorePhase.Sealed), (enclave.Head.Size, enclave.Core.Phase));
        Assert.Equal(answer.Checkpoint, TestEnclave.UnsignedNote(enclave.Head));
    }

    [Fact]
    public void A_seal_s_time_does_not_run_backwards()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.TimeMs -= 5;
        Assert.True(SealRecord.TryParse(enclave.Seal().Records[0], out SealRecord seal));
        Assert.Equal(TestEnclave.StartMs, seal.Header.TimeMs);
    }

    [Fact]
    public void Nothing_is_emitted_after_a_seal_but_what_was_signed_can_be_had()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] batch = Batch(1, [[Append("a")]]);
        enclave.TrySequence(batch, out _);
        ParsedAnswer answer = enclave.Seal();
        SequencerCore core = enclave.Core;

        Assert.Equal(CoreResult.Sealed, enclave.TrySequence(Batch(3, [[Append("b")]]), out _));
        Assert.Equal(CoreResult.Sealed, enclave.TrySequence(batch, out _));
        Assert.Equal(CoreResult.Sealed, core.Seal(0, 3, enclave.TimeMs, out HeadToSign? head));
        Assert.Equal(CoreResult.Sealed, core.Seal(0, 2, enclave.TimeMs, out head));
        Assert.Equal(CoreResult.Sealed, core.OpenGenesis(
            TestEnclave.Configuration(9, 9), enclave.Epoch.Keys, enclave.TimeMs, out head));
        Assert.Equal(CoreResult.Sealed, core.BeginReplay(1, [], []));
        Assert.Equal(CoreResult.Sealed, core.ReplayRecords([]));
        Assert.Equal(CoreResult.Sealed, core.EndReplay(
            enclave.Epoch.Keys, TestEpoch.Own(), enclave.TimeMs, out head));
        Assert.Null(head);

        Assert.Equal(answer.Bytes, core.Pending(2).Single().ToArray());
        Assert.Equal(3, core.Pending(0).Count);
        Assert.Equal(CoreResult.WrongPosition, core.Acknowledge(4));
        Assert.Equal(CoreResult.Done, core.Acknowledge(3));
        Assert.Equal((3ul, enclave.Head.Root), (core.AcknowledgedSize, core.AcknowledgedRoot));
        Assert.Empty(core.Pending(0));
        Assert.Equal(CorePhase.Sealed, core.Phase);
        Assert.Equal(CoreResult.Stopped, core.Complete([], out _));
        Assert.Equal(CorePhase.Stopped, core.Phase);
    }

    [Fact]
    public void A_seal_takes_the_place_that_it_is_asked_for_or_none()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.One(Append("a"));
        Assert.Equal(CoreResult.WrongPosition, enclave.Core.Seal(0, 1, 0, out _));
        Assert.Equal(CoreResult.WrongPosition, enclave.Core.Seal(0, 3, 0, out _));
        Assert.Equal(CoreResult.WrongPosition, enclave.Core.Seal(9, 2, 0, out _));
        Assert.Equal((2ul, CorePhase.Open), (enclave.Core.Size, enclave.Core.Phase));
        Assert.Equal(
            CoreResult.WrongPhase,
            new SequencerCore(new CoreLimits()).Seal(0, 0, 0, out HeadToSign? head));
        Assert.Null(head);
    }

    [Fact]
    public void A_seal_waits_for_room_in_what_is_retained()
    {
        TestEnclave enclave =
            TestEnclave.Open(limits: new CoreLimits { RetainedBytesMax = 12 * 1024 });
        while (enclave.TrySequence(Batch(enclave.Core.Size, [[Append("a")]]), out _)
            == CoreResult.HeadToSign)
        {
        }
        ulong size = enclave.Core.Size;
        Assert.Equal(CoreResult.RetentionFull, enclave.Core.Seal(0, size, 0, out _));
        Assert.Equal(CoreResult.HeadToSign, enclave.Core.Seal(size, size, 0, out _));
    }

    [Fact]
    public void A_seal_whose_head_was_not_signed_stops_the_core()
    {
        TestEnclave enclave = TestEnclave.Open();
        Assert.Equal(CoreResult.HeadToSign, enclave.Core.Seal(0, 1, 0, out _));
        Assert.Equal(CorePhase.Stopped, enclave.Core.Phase);
        Assert.Equal(CoreResult.Stopped, enclave.Core.Acknowledge(1));
        Assert.Empty(enclave.Core.Pending(0));
    }

    [Fact]
    public void The_next_epoch_says_that_the_last_was_sealed_and_its_own_end_is_its_own()
    {
        TestEnclave enclave = TestEnclave.Open(epoch: new TestEpoch(1));
        enclave.One(Append("a", Bump("s")));
        enclave.Seal();
        enclave = enclave.Restart(epoch: new TestEpoch(2));
        Assert.Equal(
            (PreviousEpochEnd.Sealed, 1u, 3ul),
            (Ended(enclave), enclave.Core.Epoch, enclave.Core.Statement!.Fields.Number));
        Assert.Equal(
            OutcomeStatus.Appended, enclave.One(Append("b", VersionEquals("s", 1))).Status);
        enclave = enclave.Restart(epoch: new TestEpoch(3));
        Assert.Equal(PreviousEpochEnd.Unplanned, Ended(enclave));
        enclave.Seal();
        enclave = enclave.Restart(epoch: new TestEpoch(4));
        Assert.Equal((PreviousEpochEnd.Sealed, 3u), (Ended(enclave), enclave.Core.Epoch));

        static PreviousEpochEnd Ended(TestEnclave at) => at.Core.Statement!.Fields.PreviousEnd;
    }

    [Fact]
    public void A_parent_that_keeps_the_seal_to_himself_gets_an_unplanned_end()
    {
        TestEnclave first = TestEnclave.Open();
        first.One(Append("a"));
        byte[] before = first.SignedHead();
        first.Seal();
        var second = new TestEnclave(new TestEpoch(2));
        second.Core.BeginReplay(2, before, TestEpoch.Document(first.Core.Statement!));
        second.Core.ReplayRecords(TestEnclave.Bundle(first.Records[..2]));
        Assert.Equal(CoreResult.HeadToSign, second.Core.EndReplay(
            second.Epoch.Keys, TestEpoch.Own(), first.TimeMs, out _));
        Assert.Equal(
            PreviousEpochEnd.Unplanned, second.Core.Statement!.Fields.PreviousEnd);
    }

    [Fact]
    public void A_replay_refuses_what_no_enclave_writes_about_a_seal()
    {
        TestEnclave first = TestEnclave.Open(epoch: new TestEpoch(1));
        first.Sequence([Append("a"), Append("b")]);
        first.Seal();
        TestEnclave second = first.Restart(epoch: new TestEpoch(2));
        // 0 statement, 1 and 2 a group, 3 seal, 4 statement.
        List<byte[]> log = second.Records;

        Refuses(ReplayRule.Seal, 3, log, r => r[3][StatementAt] ^= 1);
        Refuses(ReplayRule.Epoch, 3, log, r => r[3][7] ^= 1);
        Refuses(ReplayRule.Record, 3, log, r => r[3][3] ^= 1);
        Refuses(ReplayRule.Record, 3, log, r => r[3] = [.. r[3], 0]);
        // The statement's "how ended", one way and the other.
        Refuses(ReplayRule.Statement, 4, log, r => r[4][56] = 1);
        Refuses(ReplayRule.Statement, 3, log, r => Replace(r, 3, r[4]));
        // After the seal: an entry of its epoch, or another seal.
        Refuses(ReplayRule.Seal, 4, log, r => Replace(r, 4, r[1]));
        Refuses(ReplayRule.Seal, 4, log, r => Replace(r, 4, r[3]));
        // The first epoch's seal once more in the second, as it is and as if it were that one's.
        Refuses(ReplayRule.Epoch, 5, log, r => Replay(r, epoch: 0));
        Refuses(ReplayRule.Seal, 5, log, r => Replay(r, epoch: 1));
        // Inside a group.
        Refuses(ReplayRule.Group, 2, log, r => Replace(r, 2, r[3]));
    }

    private static void Replay(List<byte[]> records, byte epoch)
    {
        records.Add([]);
        Replace(records, 5, records[3]);
        records[5][7] = epoch;
    }

    private static void Refuses(
        ReplayRule rule, ulong number, List<byte[]> log, Action<List<byte[]>> change)
    {
        List<byte[]> changed = [.. log.Select(record => record.ToArray())];
        change(changed);
        var core = new SequencerCore(new CoreLimits());
        core.BeginReplay((ulong)changed.Count, [], []);
        Assert.Equal(
            CoreResult.ReplayRefused, core.ReplayRecords(TestEnclave.Bundle(changed)));
        Assert.Equal(new ReplayFault(rule, number), core.ReplayFault);
    }

    /// <summary>Puts a copy of a record at a place, linked to the one before it.</summary>
    private static void Replace(List<byte[]> records, int place, byte[] by)
    {
        byte[] record = [.. by];
        record[15] = (byte)place;
        TreeHash.Leaf(records[place - 1]).CopyTo(record.AsSpan(24));
        records[place] = record;
    }
}
