using System.Net;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Client.Subscriptions;

namespace Sequencer.Client.Tests;

public sealed class StreamSubscriptionTests : IDisposable
{
    private const string Stream = "stream 1";
    private readonly TestLog _log = TestLog.WithEntries(20);
    private readonly SubscribedLog _gateway;
    private List<ulong> _numbers;
    private string _path = "";

    public StreamSubscriptionTests()
    {
        _gateway = new SubscribedLog(_log);
        // Entries 2, 5, 8, ... are of this stream.
        _numbers = [.. Enumerable.Range(0, 7).Select(i => (ulong)(3 * i + 2))];
        _gateway.Instead = Answer;
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Entries_come_version_by_version_with_receipts()
    {
        StreamSubscription subscription = Subscribe(3);
        List<StreamEvent> events = await TakeAsync(subscription, 4);
        Assert.Equal([3L, 4, 5, 6], events.Select(e => e.Version));
        Assert.Equal([8UL, 11, 14, 17], events.Select(e => e.Verified.Number));
        Assert.All(events, e => Assert.True(e.Verified.IsPayloadChecked));
        Assert.Equal(7, subscription.NextVersion);
        Assert.Equal("/v1/streams/stream%201/entries?from_version=3", _path);
    }

    [Fact]
    public async Task An_event_that_is_left_out_is_seen()
    {
        _numbers.RemoveAt(2);
        Assert.Equal(VerificationRule.Cells, await LieAsync());
    }

    [Fact]
    public async Task An_event_that_comes_twice_is_seen()
    {
        _numbers.Insert(2, _numbers[2]);
        Assert.Equal(VerificationRule.Cells, await LieAsync());
    }

    [Fact]
    public async Task An_entry_of_another_stream_is_seen()
    {
        _numbers[2]++;
        Assert.Equal(VerificationRule.Cells, await LieAsync());
    }

    [Fact]
    public async Task Another_entrys_receipt_is_seen()
    {
        Func<SeenRequest, HttpResponseMessage?> honest = _gateway.Instead;
        _gateway.Instead = seen => seen.Path.EndsWith("/8/receipt", StringComparison.Ordinal)
            ? ScriptedGateway.Bytes(_log.Receipt(11).Encode())
            : honest(seen);
        Assert.Equal(VerificationRule.RecordInclusion, await LieAsync());
    }

    [Fact]
    public async Task A_receipt_that_does_not_hold_is_refused()
    {
        using TestLog other = TestLog.WithEntries(20);
        Func<SeenRequest, HttpResponseMessage?> honest = _gateway.Instead;
        _gateway.Instead = seen => seen.Path.EndsWith("/8/receipt", StringComparison.Ordinal)
            ? ScriptedGateway.Bytes(other.Receipt(8).Encode())
            : honest(seen);
        await Assert.ThrowsAsync<UnverifiedReceiptException>(() => TakeAsync(Subscribe(), 9));
    }

    private StreamSubscription Subscribe(long version = 1) => new(
        _gateway.Gateway.Http(), _log.Policy, Stream, version, new ImpatientTime());

    private async Task<VerificationRule> LieAsync() =>
        (await Assert.ThrowsAsync<UntrueLogException>(() => TakeAsync(Subscribe(), 9))).Rule;

    private static async Task<List<StreamEvent>> TakeAsync(
        StreamSubscription subscription, int count)
    {
        var events = new List<StreamEvent>();
        await foreach (StreamEvent next in subscription.ReadAsync())
        {
            events.Add(next);
            if (events.Count == count) break;
        }
        return events;
    }

    private HttpResponseMessage? Answer(SeenRequest request)
    {
        if (!request.Path.StartsWith("/v1/streams/", StringComparison.Ordinal)) return null;
        _path = request.Path;
        int from = int.Parse(request.Path.Split('=')[1]);
        var answer = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(string.Concat(
                _numbers.Skip(from - 1).Select(number => _gateway.Record(number)))),
        };
        answer.Content.Headers.ContentType = new("text/event-stream");
        return answer;
    }
}
