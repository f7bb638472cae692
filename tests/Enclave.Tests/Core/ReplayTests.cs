using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>A log goes on in another enclave, exactly where it was.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void A_replayed_log_opens_the_next_epoch()
    {
        TestEnclave first = TestEnclave.Open();
        first.Sequence([Append("a")], [Append("b"), Append("c")]);
        TestEnclave second = first.Restart(epoch: new TestEpoch(2));
        EpochStatementFields fields = second.Core.Statement!.Fields;

        Assert.Equal(CorePhase.Open, second.Core.Phase);
        Assert.Equal(first.Core.LogId, second.Core.LogId);
        Assert.Equal((1u, 1u), (fields.Epoch, second.Core.Epoch));
        Assert.Equal((4ul, 5ul), (fields.Number, second.Core.Size));
        Assert.Equal(first.Head.Root, fields.PreviousRoot);
        Assert.Equal(first.Core.Statement!.Hash, fields.PreviousStatement);
        Assert.Equal(PreviousEpochEnd.Unplanned, second.Core.Statement.PreviousEnd);
        // All that was replayed is on the gateway's disk; the opening is not yet.
        Assert.Equal(
            (4ul, first.Head.Root), (second.Core.AcknowledgedSize, second.Core.AcknowledgedRoot));
        Assert.Equal(4ul, new ParsedAnswer(Assert.Single(second.Core.Pending(0))).StartSize);
        Assert.Equal(1u, second.Sequence([Append("d")]).Entry(0).Header.Epoch);
    }

    [Fact]
    public void Cells_keys_and_time_go_on_where_they_were()
    {
        TestEnclave first = TestEnclave.Open(cellsMax: 2, window: 4);
        byte[] keyed = Keyed("a", "k", Bump("s"));
        first.Sequence([keyed], [Append("b", Bump("s"), Bump("t"))]);
        first.TimeMs += 50_000;
        first.One(Append("c"));
        first.TimeMs -= 20_000;
        TestEnclave second = first.Restart();

        // The statement took number 4; number 5 still sees number 1 in a window of 4.
        Assert.Equal(TestEnclave.StartMs + 50_000, second.Core.Statement!.Fields.TimeMs);
        Assert.Equal(Outcome.Replayed(1), second.One(keyed));
        Assert.Equal(
            Outcome.Refused(RefusalReason.Guard, 0, 2, 2),
            second.One(Append("x", VersionEquals("s", 3))));
        Assert.Equal(RefusalReason.CellsMax, second.One(Append("x", Bump("u"))).Reason);
        Assert.Equal(
            Outcome.Appended(5), second.One(Append("d", VersionEquals("s", 2), Bump("s"))));
        Assert.Equal(Outcome.Appended(6), second.One(Keyed("new", "k")));
    }

    [Fact]
    public void A_log_ahead_of_the_device_goes_on_through_restarts_in_quick_succession()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.TimeMs += 60_000;
        enclave.One(Append("a"));
        // Another machine, whose device is a minute behind: statements are ahead of documents.
        enclave.TimeMs -= 60_000;
        for (byte epoch = 1; epoch < 5; epoch++)
        {
            enclave = enclave.Restart(epoch: new TestEpoch(epoch));
            Assert.Equal(
                TestEnclave.StartMs + 60_000, enclave.Core.Statement!.Fields.TimeMs);
        }
    }

    [Fact]
    public void Records_may_come_in_any_number_of_frames()
    {
        TestEnclave first = TestEnclave.Open();
        for (int i = 0; i < 20; i++) first.Sequence([Append("a")], [Append("b"), Append("c")]);
        foreach (int perFrame in new[] { 1, 2, 7, 1000 })
        {
            var second = new TestEnclave(new TestEpoch(2));
            second.Core.BeginReplay(
                first.Core.Size, first.SignedHead(), TestEpoch.Document(first.Core.Statement!));
            Assert.Equal(CorePhase.Replaying, second.Core.Phase);
            foreach (byte[][] frame in first.Records.Chunk(perFrame))
            {
                Assert.Equal(CoreResult.Done, second.Core.ReplayRecords(TestEnclave.Bundle(frame)));
            }
            Assert.Equal(first.Core.Size, second.Core.Size);
            Assert.Equal(CoreResult.HeadToSign, second.Core.EndReplay(
                second.Epoch.Keys, TestEpoch.Own(), first.TimeMs, out _));
        }
    }

    [Fact]
    public void A_replay_may_begin_anew()
    {
        TestEnclave first = TestEnclave.Open();
        first.One(Append("a"));
        var second = new TestEnclave(new TestEpoch(2));
        byte[] document = TestEpoch.Document(first.Core.Statement!);
        second.Core.BeginReplay(9, [], []);
        second.Core.ReplayRecords(TestEnclave.Bundle(first.Records));
        Assert.Equal(CoreResult.Done, second.Core.BeginReplay(2, first.SignedHead(), document));
        Assert.Equal(0ul, second.Core.Size);
        second.Core.ReplayRecords(TestEnclave.Bundle(first.Records));
        Assert.Equal(CoreResult.HeadToSign, second.Core.EndReplay(
            second.Epoch.Keys, TestEpoch.Own(), first.TimeMs, out _));
    }

    [Fact]
    public void An_image_follows_those_that_it_accepts()
    {
        TestEnclave first = TestEnclave.Open();
        byte[] document = TestEpoch.Document(first.Core.Statement!, OldImage);
        var accepted = new PredecessorMeasurements(Old(0), Old(1), Old(2));
        foreach (bool accepts in new[] { true, false })
        {
            var core =
                new SequencerCore(new() { AcceptedPredecessors = accepts ? [accepted] : [] });
            core.BeginReplay(1, first.SignedHead(), document);
            core.ReplayRecords(TestEnclave.Bundle(first.Records));
            Assert.Equal(
                accepts ? CoreResult.HeadToSign : CoreResult.ReplayRefused,
                core.EndReplay(new TestEpoch(2).Keys, TestEpoch.Own(), first.TimeMs, out _));
        }

        static byte[] Old(int index) => TestNitroDocument.Pcr(100 + index);

        static void OldImage(TestNitroDocument document)
        {
            for (int i = 0; i < 3; i++) document.Pcrs[i] = ((ulong)i, Old(i));
        }
    }

    [Fact]
    public void An_enclave_in_debug_mode_has_no_identity_to_follow_with()
    {
        byte[] debug = TestEpoch.Build(d =>
        {
            for (int i = 0; i < 3; i++) d.Pcrs[i] = ((ulong)i, new byte[48]);
        });
        byte[] oneZero = TestEpoch.Build(d => d.Pcrs[2] = (2, new byte[48]));
        foreach (byte[] document in (byte[][])[debug, oneZero])
        {
            Assert.False(OwnIdentity.TryRead(document, out _, out OwnIdentityFault fault));
            Assert.Equal(OwnIdentityFault.DebugMode, fault);
        }
    }

    [Fact]
    public void A_document_that_cannot_be_read_gives_no_identity_and_is_not_taken_for_debug_mode()
    {
        byte[] unsigned = TestEpoch.Build(d => d.EditSignature = _ => []);
        foreach (byte[] document in (byte[][])[[], [0xD2, 0x84], unsigned])
        {
            Assert.False(OwnIdentity.TryRead(document, out _, out OwnIdentityFault fault));
            Assert.Equal(OwnIdentityFault.Unreadable, fault);
        }
    }
}
