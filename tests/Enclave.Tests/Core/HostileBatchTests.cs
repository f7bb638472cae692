using System.Buffers.Binary;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

public sealed class HostileBatchTests
{
    private static byte[] Example() => Batch(
        1,
        [
            [Keyed("a", "k1", NotExists("s"), Bump("s"))],
            [
                Append("b", VersionEquals("s", 1), UnchangedSince("t", 9)),
                Keyed("c", "k2", Bump("t")),
            ],
        ]);

    [Fact]
    public void Every_truncation_is_a_malformed_frame()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] batch = Example();
        for (int length = 0; length < batch.Length; length++)
        {
            Assert.Equal(CoreResult.MalformedFrame, enclave.TrySequence(batch[..length], out _));
        }
        Assert.Equal(CoreResult.MalformedFrame, enclave.TrySequence([.. batch, 0], out _));
        Assert.Equal(1ul, enclave.Core.Size);
        Assert.Equal(CoreResult.HeadToSign, enclave.TrySequence(batch, out _));
    }

    [Fact]
    public void No_bit_flip_does_more_than_ask_for_something_else()
    {
        foreach (byte[] flipped in Seeded.OneBitFlips(Example()))
        {
            TestEnclave enclave = TestEnclave.Open(epoch: Epoch);
            CoreResult result = enclave.TrySequence(flipped, out ParsedAnswer? answer);
            Assert.True(
                result is CoreResult.HeadToSign or CoreResult.NothingAppended
                    or CoreResult.MalformedFrame or CoreResult.WrongPosition,
                $"{result}");
            Assert.Equal(CorePhase.Open, enclave.Core.Phase);
            if (answer is null) continue;
            Assert.Equal(
                answer.Records.Count,
                answer.Outcomes.Count(o => o.Status == OutcomeStatus.Appended));
        }
    }

    private static TestEpoch Epoch { get; } = new(4);

    [Theory]
    [InlineData(0)]
    [InlineData(4097)]
    public void A_group_has_1_to_4096_members(int count)
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[][] group = [.. Enumerable.Repeat(Append("a"), count)];
        Assert.Equal(CoreResult.MalformedFrame, enclave.TrySequence(Batch(1, group), out _));
    }

    [Fact]
    public void A_count_of_groups_beyond_the_bytes_is_malformed()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] batch = Example();
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(8), uint.MaxValue);
        Assert.Equal(CoreResult.MalformedFrame, enclave.TrySequence(batch, out _));
    }

    [Fact]
    public void A_batch_whose_answer_might_not_fit_a_frame_is_malformed()
    {
        TestEnclave enclave = TestEnclave.Open();
        // Requests of 134 bytes that claim 64 operations: room for 64 cells each must be at hand.
        byte[] request = Append("a");
        request[1] = 64;
        byte[][][] groups = [.. Enumerable.Repeat<byte[][]>([request], 6000)];
        Assert.Equal(CoreResult.MalformedFrame, enclave.TrySequence(Batch(1, groups), out _));
        Assert.Equal(
            CoreResult.NothingAppended, enclave.TrySequence(Batch(1, groups[..5000]), out _));
    }

    [Fact]
    public void Random_bytes_never_stop_the_core()
    {
        Random random = Seeded.Random(out _);
        TestEnclave enclave = TestEnclave.Open();
        for (int i = 0; i < 5000; i++)
        {
            byte[] noise = random.Bytes(random.Next(64));
            if (noise.Length >= 12 && i % 2 == 0)
            {
                BinaryPrimitives.WriteUInt64BigEndian(noise, 1);
                BinaryPrimitives.WriteUInt32BigEndian(noise.AsSpan(8), (uint)random.Next(3));
            }
            enclave.Core.Sequence((ulong)random.Next(2), noise, 0, out HeadToSign? head, out _);
            Assert.Null(head);
            Assert.Equal(CorePhase.Open, enclave.Core.Phase);
        }
    }
}
