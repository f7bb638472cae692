using Sequencer.Attestation.Following;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Client.Subscriptions;

namespace Sequencer.Client.Tests;

public sealed class SubscriptionTests : IDisposable
{
    private const int Entries = 20;
    private readonly TestLog _log = TestLog.WithEntries(Entries);
    private readonly TrustPolicy _policy;
    private readonly SubscribedLog _gateway;

    public SubscriptionTests()
    {
        _policy = _log.Policy;
        _gateway = new SubscribedLog(_log);
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Every_record_comes_once_with_its_payload_and_a_head_that_covers_it()
    {
        LogSubscription subscription = Subscribe();
        List<VerifiedEvent> events = await TakeAsync(subscription, Entries + 1);
        Assert.Equal(Enumerable.Range(0, Entries + 1).Select(n => (ulong)n), Numbers(events));
        Assert.All(events, e => Assert.True(e.Head.Checkpoint.Size > e.Number));
        Assert.All(events.Skip(1), e => Assert.Equal("payload"u8.ToArray(), e.Payload!.Value.ToArray()));
        Assert.Equal((ulong)Entries + 1, subscription.Position.Size);
        Assert.Equal(_log.RootAt(_log.Size), subscription.Position.Root);
    }

    [Fact]
    public async Task Nothing_is_handed_out_before_a_head_covers_it()
    {
        _gateway.HasHead = size => size == 8;
        _gateway.Edit = events => events.Take(2 + 12);
        Assert.Equal(8, (await TakeUntilSilenceAsync(Subscribe())).Count);
    }

    [Fact]
    public async Task A_connection_that_breaks_anywhere_is_made_anew_without_gap_or_repetition()
    {
        for (int cut = 1; cut < 12; cut++)
        {
            int bytes = 700 * cut;
            _gateway.Edit = events =>
            {
                string all = string.Concat(events);
                return [all[..Math.Min(bytes, all.Length)]];
            };
            List<VerifiedEvent> events = await TakeAsync(Subscribe(), Entries + 1);
            Assert.Equal(Enumerable.Range(0, Entries + 1).Select(n => (ulong)n), Numbers(events));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(20)]
    public async Task A_subscription_begins_at_any_number(int number)
    {
        LogSubscription subscription = await LogSubscription.FromAsync(
            _gateway.Gateway.Http(), _policy, (ulong)number, new ImpatientTime());
        List<VerifiedEvent> events = await TakeAsync(subscription, Entries + 1 - number);
        Assert.Equal(
            Enumerable.Range(number, Entries + 1 - number).Select(n => (ulong)n), Numbers(events));
    }

    [Fact]
    public async Task A_subscription_from_the_end_gets_what_comes_later()
    {
        LogSubscription subscription = await LogSubscription.FromAsync(
            _gateway.Gateway.Http(), _policy, null, new ImpatientTime());
        Assert.Equal(_log.Size, subscription.Position.Size);
        ulong next = _log.Append("later");
        Assert.Equal([next], Numbers(await TakeAsync(subscription, 1)));
    }

    [Fact]
    public async Task A_kept_position_goes_on_where_it_was()
    {
        LogSubscription first = Subscribe();
        await TakeAsync(first, 9);
        Assert.True(LogPosition.TryParse(first.Position.ToText(), out LogPosition? kept));
        Assert.Equal(9UL, kept.Size);
        List<VerifiedEvent> events = await TakeAsync(Subscribe(kept), Entries + 1 - 9);
        Assert.Equal(9UL, events[0].Number);
        Assert.Equal((ulong)Entries, events[^1].Number);
    }

    [Fact]
    public async Task A_log_that_was_cut_back_since_the_kept_position_is_noticed()
    {
        LogSubscription first = Subscribe();
        await TakeAsync(first, Entries + 1);
        LogPosition kept = first.Position;
        _log.CutTo(12);
        Assert.Equal(VerificationRule.HeldHead, await LieAsync(Subscribe(kept)));
    }

    [Fact]
    public async Task A_log_with_another_history_since_the_kept_position_is_noticed()
    {
        LogSubscription first = Subscribe();
        await TakeAsync(first, Entries + 1);
        LogPosition kept = first.Position;
        _log.CutTo(12);
        for (int i = 0; i < 12; i++) _log.Append($"other {i}");
        Assert.Equal(VerificationRule.Chain, await LieAsync(Subscribe(kept)));
    }

    [Fact]
    public async Task A_position_of_another_history_is_refused_by_the_first_head()
    {
        LogSubscription first = Subscribe();
        await TakeAsync(first, 9);
        _log.CutTo(5);
        for (int i = 0; i < 4; i++) _log.Append($"other {i}");
        Assert.Equal(VerificationRule.Root, await LieAsync(Subscribe(first.Position)));
    }

    [Fact]
    public async Task New_epochs_are_verified_as_they_come()
    {
        _log.Seal();
        _log.OpenEpoch();
        _log.Append();
        _log.OpenEpoch();
        ulong last = _log.Append();
        List<VerifiedEvent> events = await TakeAsync(Subscribe(), (int)last + 1);
        Assert.Equal(2u, events[^1].Entry.Epoch);
        LogSubscription late = await LogSubscription.FromAsync(
            _gateway.Gateway.Http(), _policy, last - 1, new ImpatientTime());
        Assert.Equal(2, (await TakeAsync(late, 2)).Count);
    }

    [Fact]
    public async Task A_long_way_is_proven_before_its_head_is_there()
    {
        for (int i = 0; i < 2 * LogSubscription.HeldBackMax; i++) _log.Append();
        _gateway.HasHead = _ => false;
        List<VerifiedEvent> events =
            await TakeAsync(Subscribe(), 2 * LogSubscription.HeldBackMax);
        Assert.Equal(2 * LogSubscription.HeldBackMax, events.Count);
        Assert.Equal(_log.Size, events[0].Head.Checkpoint.Size);
    }

    [Fact]
    public async Task A_position_has_one_text()
    {
        LogSubscription subscription = Subscribe();
        await TakeAsync(subscription, 11);
        string text = subscription.Position.ToText();
        Assert.True(LogPosition.TryParse(text, out _));
        foreach (string other in (string[])
            [text + "\n", text[..^1], text.ToUpperInvariant(), "", text.Replace("\n11\n", "\n011\n")])
        {
            Assert.False(LogPosition.TryParse(other, out _));
        }
    }

    [Fact]
    public async Task An_event_that_is_endless_is_refused()
    {
        _gateway.Edit = _ => ["data: " + new string('x', 65 * 1024 * 1024)];
        await Assert.ThrowsAsync<UnexpectedAnswerException>(() => TakeAsync(Subscribe(), 1));
    }

    private LogSubscription Subscribe(LogPosition? from = null) =>
        new(_gateway.Gateway.Http(), _policy, from, new ImpatientTime());

    private static IEnumerable<ulong> Numbers(IEnumerable<VerifiedEvent> events) =>
        events.Select(e => e.Number);

    private static async Task<List<VerifiedEvent>> TakeAsync(
        LogSubscription subscription, int count)
    {
        var events = new List<VerifiedEvent>();
        await foreach (VerifiedEvent verified in subscription.ReadAsync())
        {
            events.Add(verified);
            if (events.Count == count) break;
        }
        return events;
    }

    // Up to where the gateway has nothing new to say any more.
    private async Task<List<VerifiedEvent>> TakeUntilSilenceAsync(LogSubscription subscription)
    {
        var events = new List<VerifiedEvent>();
        using var end = new CancellationTokenSource();
        int connections = 0;
        _gateway.Connected = _ =>
        {
            if (++connections == 2) end.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (VerifiedEvent verified in subscription.ReadAsync(end.Token))
            {
                events.Add(verified);
            }
        });
        return events;
    }

    private static async Task<VerificationRule> LieAsync(LogSubscription subscription)
    {
        var lie = await Assert.ThrowsAsync<UntrueLogException>(async () =>
        {
            await foreach (VerifiedEvent _ in subscription.ReadAsync())
            {
            }
        });
        return lie.Rule;
    }
}
