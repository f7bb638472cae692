using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Client.Subscriptions;

namespace Sequencer.Client.Tests;

/// <summary>Each lie that a gateway can tell a subscriber, and the rule that catches it.</summary>
public sealed class LyingGatewayTests : IDisposable
{
    private const int Entries = 12;

    // Where the lie is: an event of entry 6 of a log of the genesis and 12 entries, each a batch.
    private const ulong At = 6;
    private const int EventAt = 2 + 2 * (int)At;

    private readonly TestLog _log = TestLog.WithEntries(Entries);
    private readonly SubscribedLog _gateway;

    public LyingGatewayTests() => _gateway = new SubscribedLog(_log);

    public void Dispose() => _log.Dispose();

    [Fact]
    public Task A_record_that_is_left_out() =>
        AssertCaughtAsync(VerificationRule.Missing, events => events.RemoveAt(EventAt));

    [Fact]
    public Task A_record_that_is_left_out_with_its_head() =>
        AssertCaughtAsync(VerificationRule.Number, events => events.RemoveRange(EventAt, 2));

    [Fact]
    public Task A_record_that_comes_twice() => AssertCaughtAsync(
        VerificationRule.Number, events => events.Insert(EventAt, events[EventAt]));

    [Fact]
    public Task Two_records_in_the_other_order() => AssertCaughtAsync(
        VerificationRule.Number,
        events => (events[EventAt], events[EventAt + 2]) = (events[EventAt + 2], events[EventAt]));

    [Fact]
    public Task A_record_of_other_bytes()
    {
        byte[] record = [.. _log.Records[(int)At]];
        record[128] ^= 1;
        return AssertCaughtAsync(
            VerificationRule.Root, events => events[EventAt] = _gateway.Record(At, record));
    }

    [Fact]
    public Task A_record_with_another_chain()
    {
        byte[] record = [.. _log.Records[(int)At]];
        record[30] ^= 1;
        return AssertCaughtAsync(
            VerificationRule.Chain, events => events[EventAt] = _gateway.Record(At, record));
    }

    [Fact]
    public Task Bytes_that_are_no_record()
    {
        byte[] record = [.. _log.Records[(int)At]];
        record[59] = 0;
        return AssertUnexpectedAsync(events => events[EventAt] = _gateway.Record(At, record));
    }

    [Fact]
    public Task Another_payload() => AssertCaughtAsync(
        VerificationRule.Payload,
        events => events[EventAt] = _gateway.Record(At, payload: "eHh4"));

    [Fact]
    public Task Other_metadata() => AssertCaughtAsync(
        VerificationRule.Metadata,
        events => events[EventAt] = WithMember(
            events[EventAt], "\"type\":\"x\",\"content_type\":\"\",\"metadata\":{}"));

    [Fact]
    public Task Another_stream() => AssertCaughtAsync(
        VerificationRule.Cells,
        events => events[EventAt] = WithMember(events[EventAt], "\"stream\":\"other\""));

    [Fact]
    public Task A_checkpoint_that_the_epoch_did_not_sign()
    {
        using TestLog other = TestLog.WithEntries(Entries);
        byte[] forged = other.Note(At + 1);
        return AssertCaughtAsync(
            VerificationRule.SignatureLines,
            events => events[EventAt + 1] = SubscribedLog.Head(forged));
    }

    [Fact]
    public Task A_checkpoint_with_a_forged_signature()
    {
        byte[] forged = [.. _log.Note(At + 1)];
        // A character within the root, which the signatures are over.
        int at = forged.AsSpan().IndexOf("\n7\n"u8) + 4;
        forged[at] = forged[at] == 'A' ? (byte)'B' : (byte)'A';
        return AssertCaughtAsync(
            VerificationRule.Ecdsa, events => events[EventAt + 1] = SubscribedLog.Head(forged));
    }

    [Fact]
    public Task An_old_checkpoint() => AssertCaughtAsync(
        VerificationRule.Root,
        events => events[EventAt + 1] = SubscribedLog.Head(_log.Note(At - 1)));

    [Fact]
    public Task A_checkpoint_of_a_later_size() => AssertCaughtAsync(
        VerificationRule.Missing,
        events => events[EventAt + 1] = SubscribedLog.Head(_log.Note(At + 3)));

    [Fact]
    public Task A_signed_checkpoint_of_another_history()
    {
        byte[] other = _log.Epochs[0].Sign(new Checkpoint(
            TestLog.Origin, At + 1, _log.RootAt(At)));
        return AssertCaughtAsync(
            VerificationRule.Root, events => events[EventAt + 1] = SubscribedLog.Head(other));
    }

    [Fact]
    public Task A_checkpoint_by_the_epoch_before()
    {
        _log.OpenEpoch();
        ulong last = _log.Append();
        byte[] wrong = _log.Epochs[0].Sign(new Checkpoint(
            TestLog.Origin, last + 1, _log.RootAt(last + 1)));
        return AssertCaughtAsync(
            VerificationRule.SignatureLines, events => events[^1] = SubscribedLog.Head(wrong));
    }

    [Fact]
    public Task A_statement_whose_document_is_anothers()
    {
        _log.OpenEpoch();
        _log.Epochs[1].Document = _log.Epochs[0].Document;
        return AssertCaughtAsync(VerificationRule.EpochPublicKey, _ => { });
    }

    [Fact]
    public Task A_statement_that_does_not_follow()
    {
        _log.OpenEpoch(fields => fields with { PreviousRoot = _log.RootAt(3) });
        return AssertCaughtAsync(VerificationRule.Statement, _ => { });
    }

    [Fact]
    public Task An_image_that_is_not_trusted()
    {
        _log.OpenEpoch(document: document => document.Pcrs[0] = (0, Enumerable.Repeat((byte)9, 48).ToArray()));
        return AssertCaughtAsync(VerificationRule.Attestation, _ => { });
    }

    private static string WithMember(string text, string member) =>
        text.Replace("data: {", $"data: {{{member},", StringComparison.Ordinal);

    private async Task AssertCaughtAsync(VerificationRule rule, Action<List<string>> lie)
    {
        var (lied, handedOut) = await ReadAsync<UntrueLogException>(lie);
        Assert.Equal(rule, lied.Rule);
        // What was handed out before is true: nothing at or behind the lie.
        Assert.True(handedOut.All(e => e.Entry.Record.Span.SequenceEqual(_log.Records[(int)e.Number])));
    }

    private async Task AssertUnexpectedAsync(Action<List<string>> lie) =>
        await ReadAsync<UnexpectedAnswerException>(lie);

    private async Task<(T Lie, List<VerifiedEvent> HandedOut)> ReadAsync<T>(
        Action<List<string>> lie)
        where T : Exception
    {
        _gateway.Edit = events =>
        {
            lie(events);
            return events;
        };
        var handedOut = new List<VerifiedEvent>();
        var subscription = new LogSubscription(
            _gateway.Gateway.Http(), _log.Policy, time: new ImpatientTime());
        T caught = await Assert.ThrowsAsync<T>(async () =>
        {
            await foreach (VerifiedEvent verified in subscription.ReadAsync())
            {
                handedOut.Add(verified);
            }
        });
        return (caught, handedOut);
    }
}
