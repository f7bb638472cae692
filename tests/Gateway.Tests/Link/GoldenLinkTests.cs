using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Link;
using Sequencer.Tests;

namespace Sequencer.Gateway.Tests.Link;

/// <summary>The gateway's half of the link against the golden bytes of tests/golden.</summary>
public class GoldenLinkTests
{
    private static readonly Digest Tenant = Derivation.Tenant("default"u8);

    [Fact]
    public void A_batch_is_encoded_as_the_golden_one()
    {
        var request = new SequenceRequest(acknowledgedSize: 1, startSize: 1);
        request.BeginGroup(1);
        request.Add(Append("one", new CellOperation(OperationCode.Bump, CellKind.Stream, "orders"u8.ToArray())));
        request.BeginGroup(2);
        request.Add(Append("two"));
        request.Add(Append("three", new CellOperation(OperationCode.Exists, CellKind.Stream, "none"u8.ToArray())));
        GoldenBytes.AssertEqual("link-sequence.hex", request.Finish().Span);
    }

    [Fact]
    public void A_seal_is_asked_for_as_the_golden_one_and_its_golden_answer_is_read()
    {
        GoldenBytes.AssertEqual(
            "link-seal.hex", LinkRequests.Position(acknowledgedSize: 2, startSize: 2));
        byte[] bytes = GoldenBytes.Read("link-sealed.hex");
        Assert.True(BatchAnswer.TryParse(bytes, out BatchAnswer? answer));
        Assert.Equal((2UL, 3UL, 0), (answer.StartSize, answer.EndSize, answer.Outcomes.Count));
        Assert.True(SealRecord.TryParse(answer.Records.Span[2..], out SealRecord seal));
        Assert.Equal(2UL, seal.Header.Number);
    }

    [Fact]
    public void The_golden_snapshot_is_read_and_a_replay_at_one_is_asked_for_as_the_golden_one()
    {
        Assert.True(BatchAnswer.TryParse(GoldenBytes.Read("link-snapshot.hex"), out BatchAnswer? answer));
        Assert.Equal((2UL, 3UL, 0), (answer.StartSize, answer.EndSize, answer.Outcomes.Count));
        Assert.True(SnapshotRecord.TryParse(answer.Records.Span[2..], out SnapshotRecord snapshot));
        Assert.Equal((2UL, 1U), (snapshot.Header.Number, snapshot.Fields.CellCount));
        GoldenBytes.AssertEqual(
            "link-replay-at-snapshot.hex",
            LinkRequests.ReplayBeginAtSnapshot(5, "c"u8, "d"u8, "e"u8, "s"u8));
    }

    [Fact]
    public void An_identity_is_given_as_the_golden_one() => GoldenBytes.AssertEqual(
        "link-identity.hex",
        LinkRequests.Identity(new AwsCredentials("AKIA", "secret", "token"), [1, 2, 3]));

    [Fact]
    public void The_golden_answer_is_read()
    {
        Assert.True(BatchAnswer.TryParse(GoldenBytes.Read("link-answer.hex"), out BatchAnswer? answer));
        Assert.Equal(1UL, answer.StartSize);
        Assert.Equal(2UL, answer.EndSize);
        Assert.Equal(
            [
                new Outcome(OutcomeStatus.Appended, default, 0, 1, 0),
                new Outcome(OutcomeStatus.Refused, RefusalReason.GroupRefused, 0, 2, 0),
                new Outcome(OutcomeStatus.Refused, RefusalReason.Guard, 0, 0, 0),
            ],
            answer.Outcomes);
        Assert.StartsWith(
            "sequencer.example/log1\n2\n", Encoding.UTF8.GetString(answer.Checkpoint.Span), StringComparison.Ordinal);
    }

    private static byte[] Append(string payload, params CellOperation[] operations) =>
        AppendRequest.Encode(
            Tenant,
            Derivation.Payload(Encoding.UTF8.GetBytes(payload)),
            (uint)payload.Length,
            Derivation.Metadata(EntryMetadata.Empty.Block.Span),
            Digest.Zero,
            operations);
}
