using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

public sealed class OpeningTests
{
    [Fact]
    public void A_genesis_opens_a_log_of_one_record()
    {
        var enclave = new TestEnclave(new TestEpoch(1));
        Assert.Equal(CorePhase.Empty, enclave.Core.Phase);
        Assert.Equal(CoreResult.HeadToSign, enclave.Core.OpenGenesis(
            TestEnclave.Configuration(10, 20), enclave.Epoch.Keys, 1234, out HeadToSign? head));
        EpochStatement statement = enclave.Core.Statement!;
        ParsedAnswer opened = enclave.Complete(head!);

        Assert.Equal(CorePhase.Open, enclave.Core.Phase);
        Assert.Empty(opened.Outcomes);
        Assert.Equal(0ul, opened.StartSize);
        Assert.Equal(statement.Bytes.ToArray(), Assert.Single(opened.Records));
        Assert.Equal(1234ul, statement.Fields.TimeMs);
        Assert.Equal(enclave.Epoch.Keys.Nonce, statement.Fields.Nonce);
        Assert.Equal(statement.LogId, enclave.Core.LogId);
        Assert.Equal(1ul, enclave.Core.Size);
        Assert.Equal(0ul, enclave.Core.AcknowledgedSize);
        Assert.Equal(TreeHash.EmptyRoot, enclave.Core.AcknowledgedRoot);

        Assert.True(Checkpoint.TryParse(head!.Text.Span, out Checkpoint? checkpoint, out _));
        Assert.Equal(TestEnclave.Origin, checkpoint.Origin);
        Assert.Equal(
            (1ul, TreeHash.Leaf(statement.Bytes.Span)), (checkpoint.Size, checkpoint.Root));
        Assert.Equal(head.Text.ToArray(), opened.Checkpoint[..head.Text.Length]);
    }

    [Fact]
    public void A_statement_lists_the_predecessors_that_the_image_accepts()
    {
        PredecessorMeasurements accepted = new(Pcr(1), Pcr(2), Pcr(3));
        TestEnclave enclave = TestEnclave.Open(limits: new() { AcceptedPredecessors = [accepted] });
        PredecessorMeasurements listed =
            Assert.Single(enclave.Core.Statement!.Fields.AcceptedPredecessors);
        Assert.Equal(accepted.Pcr2.ToArray(), listed.Pcr2.ToArray());

        static byte[] Pcr(byte fill) => [.. Enumerable.Repeat(fill, 48)];
    }

    [Fact]
    public void An_image_that_accepts_zero_PCRs_is_not_even_made()
    {
        var zero = new PredecessorMeasurements(new byte[48], new byte[48], new byte[48]);
        Assert.Throws<ArgumentException>(
            () => new SequencerCore(new CoreLimits { AcceptedPredecessors = [zero] }));
    }

    [Theory]
    [InlineData(11, 20)]
    [InlineData(10, 21)]
    public void A_configuration_above_the_image_is_refused(uint cellsMax, uint window)
    {
        var limits = new CoreLimits { CellsMax = 10, IdempotencyWindowMax = 20 };
        var enclave = new TestEnclave(new TestEpoch(1), limits);
        Assert.Equal(CoreResult.BadConfiguration, enclave.Core.OpenGenesis(
            TestEnclave.Configuration(cellsMax, window), enclave.Epoch.Keys, 0, out _));
        Assert.Equal(CoreResult.HeadToSign, enclave.Core.OpenGenesis(
            TestEnclave.Configuration(10, 20), enclave.Epoch.Keys, 0, out _));
    }

    [Fact]
    public void A_configuration_that_does_not_parse_is_refused()
    {
        var enclave = new TestEnclave(new TestEpoch(1));
        byte[] configuration = TestEnclave.Configuration(10, 20);
        for (int length = 0; length < configuration.Length; length++)
        {
            Assert.Equal(CoreResult.BadConfiguration, enclave.Core.OpenGenesis(
                configuration.AsSpan(0, length), enclave.Epoch.Keys, 0, out _));
        }
        Assert.Equal(CorePhase.Empty, enclave.Core.Phase);
    }

    [Fact]
    public void Calls_in_another_phase_are_refused_and_change_nothing()
    {
        var empty = new TestEnclave(new TestEpoch(1));
        byte[] batch = Requests.Batch(0, [[Requests.Append("a")]]);
        Assert.Equal(CoreResult.WrongPhase, empty.Core.Sequence(0, batch, 0, out _, out _));
        Assert.Equal(CoreResult.WrongPhase, empty.Core.ReplayRecords([]));
        Assert.Equal(CoreResult.WrongPhase, empty.Core.Acknowledge(0));
        Assert.Equal(
            CoreResult.WrongPhase,
            empty.Core.EndReplay(empty.Epoch.Keys, TestEpoch.Own(), 0, out _));
        Assert.Empty(empty.Core.Pending(0));
        Assert.Equal(CorePhase.Empty, empty.Core.Phase);

        TestEnclave open = TestEnclave.Open();
        Assert.Equal(CoreResult.WrongPhase, open.Core.OpenGenesis(
            TestEnclave.Configuration(1, 1), open.Epoch.Keys, 0, out _));
        Assert.Equal(CoreResult.WrongPhase, open.Core.BeginReplay(1, [], []));
        Assert.Equal(CorePhase.Open, open.Core.Phase);
    }

    public static TheoryData<string> Misuses =>
        ["sequence", "acknowledge", "pending", "other note"];

    [Theory]
    [MemberData(nameof(Misuses))]
    public void A_host_that_forgets_to_sign_stops_the_core(string misuse)
    {
        TestEnclave enclave = TestEnclave.Open();
        SequencerCore core = enclave.Core;
        byte[] batch = Requests.Batch(1, [[Requests.Append("a")]]);
        Assert.Equal(
            CoreResult.HeadToSign, core.Sequence(0, batch, 0, out HeadToSign? head, out _));
        byte[] other = TestEnclave.UnsignedNote(
            new HeadToSign(9, Digest.Zero, "x\n9\n\n"u8.ToArray()));
        if (misuse == "pending") Assert.Empty(core.Pending(0));
        else Assert.Equal(CoreResult.Stopped, misuse switch
        {
            "sequence" => core.Sequence(0, batch, 0, out _, out _),
            "acknowledge" => core.Acknowledge(1),
            _ => core.Complete(other, out _),
        });
        Assert.Equal(CorePhase.Stopped, core.Phase);
        Assert.Equal(CoreResult.Stopped, core.Complete(TestEnclave.UnsignedNote(head!), out _));
    }

    [Fact]
    public void A_stopped_core_does_nothing_any_more()
    {
        TestEnclave enclave = TestEnclave.Open();
        SequencerCore core = enclave.Core;
        core.Stop();
        byte[] batch = Requests.Batch(1, [[Requests.Append("a")]]);
        Assert.Equal(CoreResult.Stopped, core.Sequence(0, batch, 0, out _, out _));
        Assert.Equal(CoreResult.Stopped, core.Acknowledge(1));
        Assert.Equal(CoreResult.Stopped, core.BeginReplay(1, [], []));
        Assert.Equal(CoreResult.Stopped, core.ReplayRecords([]));
        Assert.Equal(CoreResult.Stopped, core.Complete([], out _));
        Assert.Empty(core.Pending(0));
        Assert.Equal(1ul, core.Size);
    }
}
