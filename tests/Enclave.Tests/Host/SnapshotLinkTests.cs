using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Tests.Core;
using Sequencer.Tests;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>The messages of snapshots, over a real socket.</summary>
public sealed class SnapshotLinkTests
{
    [Fact]
    public void An_enclave_begins_at_the_snapshot_of_one_that_is_gone()
    {
        List<byte[]> records = [];
        byte[] checkpoint;
        byte[] document;
        using (var first = new RunningEnclave())
        using (LinkClient client = first.Connect())
        {
            records.AddRange(client.Genesis().Records);
            records.AddRange(client.Append(
                1, Requests.Keyed("a", "k", Requests.Bump("s")), Requests.Append("b")).Records);
            ParsedAnswer answer = new(client.Ask(
                LinkMessageType.Snapshot, [.. LinkClient.U64(3), .. LinkClient.U64(3)]));
            Assert.Empty(answer.Outcomes);
            Assert.True(SnapshotRecord.TryParse(Assert.Single(answer.Records), out _));
            records.AddRange(answer.Records);
            ParsedAnswer last = client.Append(4, Requests.Append("c"));
            records.AddRange(last.Records);
            checkpoint = last.Checkpoint;
            document = LinkClient.ReadSized(client.Ask(LinkMessageType.Bundle))[1];
        }

        using var second = new RunningEnclave();
        using LinkClient next = second.Connect();
        Assert.Empty(next.Ask(
            LinkMessageType.ReplayBeginAtSnapshot,
            [
                .. LinkClient.U64(5),
                .. LinkClient.Sized(checkpoint),
                .. LinkClient.Sized(document),
                .. LinkClient.Sized(records[0]),
                .. LinkClient.Sized(records[3]),
            ]));
        Assert.Empty(next.Ask(
            LinkMessageType.ReplayContent,
            [.. PlainContent.Cells(records[..3])[0], .. PlainContent.Uses(records[..3], 1000)[0]]));
        Assert.Empty(next.Ask(
            LinkMessageType.ReplayRecords, TestEnclave.Bundle(records[4..])));
        ParsedAnswer opened = new(next.Ask(LinkMessageType.ReplayEnd));
        Assert.True(EpochStatement.TryParse(Assert.Single(opened.Records), out var statement));
        Assert.Equal((1u, 5ul), (statement.Fields.Epoch, statement.Fields.Number));
        ParsedAnswer again = next.Append(6, Requests.Keyed("a", "k", Requests.Bump("s")));
        Assert.Equal(Outcome.Replayed(1), Assert.Single(again.Outcomes));
    }

    [Fact]
    public void The_golden_request_is_read_into_its_parts()
    {
        using var enclave = new RunningEnclave();
        using LinkClient client = enclave.Connect();
        LinkAnswer refused = client.Request(
            LinkMessageType.ReplayBeginAtSnapshot, GoldenBytes.Read("link-replay-at-snapshot.hex"));
        // Its four blocks are a letter each, which are no snapshot.
        Assert.Equal(5, refused.ErrorCode);
        Assert.EndsWith($": {ReplayRule.Snapshot}", refused.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_another_length_ends_the_connection()
    {
        using var enclave = new RunningEnclave();
        byte[] begin = GoldenBytes.Read("link-replay-at-snapshot.hex");
        foreach ((LinkMessageType type, byte[] body) in new (LinkMessageType, byte[])[]
        {
            (LinkMessageType.Snapshot, new byte[15]),
            (LinkMessageType.Snapshot, new byte[17]),
            (LinkMessageType.ReplayBeginAtSnapshot, begin[..7]),
            (LinkMessageType.ReplayBeginAtSnapshot, begin[..^1]),
            (LinkMessageType.ReplayBeginAtSnapshot, [.. begin, 0]),
        })
        {
            using LinkClient client = enclave.Connect();
            client.Send(LinkClient.Frame(type, 1, body));
            Assert.Null(client.TryReceive());
        }
    }

    [Fact]
    public void What_does_not_fit_the_phase_is_refused()
    {
        using var enclave = new RunningEnclave();
        using LinkClient client = enclave.Connect();
        Assert.Equal(1, client.Request(LinkMessageType.Snapshot, new byte[16]).ErrorCode);
        Assert.Equal(1, client.Request(LinkMessageType.ReplayContent).ErrorCode);
        client.Genesis();
        Assert.Equal(2, client.Request(LinkMessageType.Snapshot, new byte[16]).ErrorCode);
        Assert.Equal(1, client.Request(LinkMessageType.ReplayContent).ErrorCode);
        Assert.Equal(1, client.Request(
            LinkMessageType.ReplayBeginAtSnapshot,
            GoldenBytes.Read("link-replay-at-snapshot.hex")).ErrorCode);
    }
}
