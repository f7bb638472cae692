using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

public sealed class RetentionTests
{
    [Fact]
    public void A_batch_that_comes_again_gets_the_same_bytes()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] first = Batch(1, [[Append("a")], [Append("b", Exists("nowhere"))]]);
        byte[] second = Batch(2, [[Append("c")]]);
        Assert.Equal(CoreResult.HeadToSign, enclave.TrySequence(first, out ParsedAnswer? one));
        Assert.Equal(CoreResult.HeadToSign, enclave.TrySequence(second, out ParsedAnswer? two));
        enclave.TimeMs += 1000;
        Assert.Equal(CoreResult.Resubmitted, enclave.TrySequence(first, out ParsedAnswer? again));
        Assert.Equal(one!.Bytes, again!.Bytes);
        Assert.Equal(CoreResult.Resubmitted, enclave.TrySequence(second, out again));
        Assert.Equal(two!.Bytes, again!.Bytes);
        Assert.Equal(3ul, enclave.Core.Size);
    }

    [Fact]
    public void Another_batch_at_the_place_of_a_retained_one_is_refused()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.One(Append("a"));
        Assert.Equal(
            CoreResult.WrongPosition, enclave.TrySequence(Batch(1, [[Append("b")]]), out _));
        Assert.Equal(CoreResult.WrongPosition, enclave.TrySequence(Batch(3, []), out _));
        Assert.Equal(CoreResult.WrongPosition, enclave.TrySequence(Batch(0, []), out _));
        Assert.Equal(
            CoreResult.WrongPosition, enclave.TrySequence(Batch(ulong.MaxValue, []), out _));
    }

    [Fact]
    public void A_batch_that_appends_nothing_is_answered_without_a_head_and_not_kept()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] batch = Batch(1, [[Append("a", Exists("nowhere"))]]);
        Assert.Equal(CoreResult.NothingAppended, enclave.TrySequence(batch, out ParsedAnswer? one));
        Assert.Equal(CoreResult.NothingAppended, enclave.TrySequence(batch, out ParsedAnswer? two));
        Assert.Equal(one!.Bytes, two!.Bytes);
        Assert.Empty(one.Checkpoint);
        Assert.Single(enclave.Core.Pending(0));
    }

    [Fact]
    public void An_empty_batch_is_answered_with_nothing()
    {
        TestEnclave enclave = TestEnclave.Open();
        Assert.Equal(CoreResult.NothingAppended, enclave.TrySequence(Batch(1), out var answer));
        Assert.Empty(answer!.Outcomes);
    }

    [Fact]
    public void Acknowledged_sizes_are_batch_boundaries_that_only_grow()
    {
        TestEnclave enclave = TestEnclave.Open();
        SequencerCore core = enclave.Core;
        enclave.Sequence([Append("a")], [Append("b")]);
        var atThree = enclave.Head.Root;
        enclave.Sequence([Append("c")], [Append("d")]);

        Assert.Equal(CoreResult.WrongPosition, core.Acknowledge(2));
        Assert.Equal(CoreResult.WrongPosition, core.Acknowledge(6));
        Assert.Equal(CoreResult.WrongPosition, core.Acknowledge(ulong.MaxValue));
        Assert.Equal(0ul, core.AcknowledgedSize);
        Assert.Equal(CoreResult.Done, core.Acknowledge(3));
        Assert.Equal((3ul, atThree), (core.AcknowledgedSize, core.AcknowledgedRoot));
        Assert.Equal(CoreResult.WrongPosition, core.Acknowledge(1));
        Assert.Equal(CoreResult.Done, core.Acknowledge(3));
        Assert.Equal(CoreResult.Done, core.Acknowledge(5));
        Assert.Equal((5ul, enclave.Head.Root), (core.AcknowledgedSize, core.AcknowledgedRoot));
        Assert.Equal(CoreResult.WrongPosition, core.Acknowledge(3));
    }

    [Fact]
    public void A_sequence_acknowledges_first()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] batch = Batch(1, [[Append("a")]]);
        enclave.TrySequence(batch, out _);
        Assert.Equal(
            CoreResult.WrongPosition, enclave.Core.Sequence(9, Batch(2, []), 0, out _, out _));
        // What this call acknowledges it cannot have again.
        Assert.Equal(CoreResult.WrongPosition, enclave.Core.Sequence(2, batch, 0, out _, out _));
        Assert.Equal(2ul, enclave.Core.AcknowledgedSize);
    }

    [Fact]
    public void Pending_answers_begin_with_the_opening_and_end_with_acknowledgement()
    {
        TestEnclave enclave = TestEnclave.Open();
        ParsedAnswer one = enclave.Sequence([Append("a")]);
        ParsedAnswer two = enclave.Sequence([Append("b")]);
        Assert.Equal([0ul, 1ul, 2ul], Starts(0));
        Assert.Equal([1ul, 2ul], Starts(1));
        Assert.Equal(
            [one.Bytes, two.Bytes], enclave.Core.Pending(1).Select(a => a.ToArray()).ToArray());
        enclave.Core.Acknowledge(2);
        Assert.Equal([2ul], Starts(0));
        enclave.Core.Acknowledge(3);
        Assert.Empty(Starts(0));

        IEnumerable<ulong> Starts(ulong from) =>
            enclave.Core.Pending(from).Select(a => new ParsedAnswer(a).StartSize);
    }

    [Fact]
    public void Retention_is_bounded_and_goes_on_after_acknowledgement()
    {
        var limits = new CoreLimits { RetainedBytesMax = 64 * 1024 };
        TestEnclave enclave = TestEnclave.Open(limits: limits);
        int taken = 0;
        CoreResult result;
        while ((result = enclave.TrySequence(Batch(enclave.Core.Size, [[Append("a")]]), out _))
            == CoreResult.HeadToSign)
        {
            Assert.True(++taken < 100);
        }
        Assert.Equal(CoreResult.RetentionFull, result);
        ulong size = enclave.Core.Size;
        Assert.Equal(
            CoreResult.RetentionFull, enclave.TrySequence(Batch(size, [[Append("a")]]), out _));
        Assert.Equal(size, enclave.Core.Size);
        Assert.Equal(CorePhase.Open, enclave.Core.Phase);

        for (int round = 0; round < 50; round++)
        {
            Assert.Equal(CoreResult.Done, enclave.Core.Acknowledge(enclave.Core.Size));
            enclave.One(Append("b"));
        }
    }

    [Fact]
    public void Refused_batches_take_nothing_from_retention()
    {
        var limits = new CoreLimits { RetainedBytesMax = 64 * 1024 };
        TestEnclave enclave = TestEnclave.Open(limits: limits);
        for (int i = 0; i < 100; i++) enclave.Sequence([Append("a", Exists("nowhere"))]);
        Assert.Equal(OutcomeStatus.Appended, enclave.One(Append("b")).Status);
    }
}
