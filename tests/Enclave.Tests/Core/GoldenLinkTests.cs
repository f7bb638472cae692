using System.Buffers.Binary;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Enclave.Core;
using Sequencer.Tests;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>The enclave's half of the link against the golden bytes of tests/golden.</summary>
public class GoldenLinkTests
{
    private const ulong OpenedMs = 1_767_225_600_000;

    [Fact]
    public void The_golden_batch_and_seal_get_their_golden_answers()
    {
        SequencerCore core = AfterTheBatch();
        byte[] body = GoldenBytes.Read("link-seal.hex");
        Assert.Equal(
            CoreResult.HeadToSign,
            core.Seal(
                BinaryPrimitives.ReadUInt64BigEndian(body),
                BinaryPrimitives.ReadUInt64BigEndian(body.AsSpan(8)),
                OpenedMs + 2000,
                out HeadToSign? head));
        Assert.Equal(CoreResult.Done, core.Complete(Note(head!), out ReadOnlyMemory<byte> answer));
        GoldenBytes.AssertEqual("link-sealed.hex", answer.Span);
    }

    [Fact]
    public void The_golden_snapshot_is_that_of_the_golden_batch()
    {
        SequencerCore core = AfterTheBatch();
        Assert.Equal(
            CoreResult.HeadToSign, core.Snapshot(2, 2, OpenedMs + 2000, out HeadToSign? head));
        Assert.Equal(CoreResult.Done, core.Complete(Note(head!), out ReadOnlyMemory<byte> answer));
        GoldenBytes.AssertEqual("link-snapshot.hex", answer.Span);
    }

    [Fact]
    public void The_golden_batch_is_what_its_description_says()
    {
        byte[] expected =
        [
            0, 0, 0, 0, 0, 0, 0, 1,
            .. Batch(1, [Append("one", Bump("orders"))], [Append("two"), Append("three", Exists("none"))]),
        ];
        GoldenBytes.AssertEqual("link-sequence.hex", expected);
    }

    private static SequencerCore AfterTheBatch()
    {
        var core = new SequencerCore(new CoreLimits());
        var keys = new EpochKeys(new byte[32], new byte[64], Digest.Zero);
        byte[] configuration = Encoding.ASCII.GetBytes(
            "sequencer-configuration/v1\norigin sequencer.example/log1\ncells-max 10\nidempotency-window 10\n");
        Assert.Equal(
            CoreResult.HeadToSign, core.OpenGenesis(configuration, keys, OpenedMs, out HeadToSign? head));
        Assert.Equal(CoreResult.Done, core.Complete(Note(head!), out _));

        byte[] body = GoldenBytes.Read("link-sequence.hex");
        Assert.Equal(
            CoreResult.HeadToSign,
            core.Sequence(1, body.AsSpan(8), OpenedMs + 1000, out head, out _));
        Assert.Equal(CoreResult.Done, core.Complete(Note(head!), out ReadOnlyMemory<byte> answer));
        GoldenBytes.AssertEqual("link-answer.hex", answer.Span);
        return core;
    }

    // The core does not judge signatures that its host makes.
    private static byte[] Note(HeadToSign head) =>
        [.. head.Text.Span, .. "\n\u2014 sequencer.example/log1 AAAAAAAA\n"u8];
}
