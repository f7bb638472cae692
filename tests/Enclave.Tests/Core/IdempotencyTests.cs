using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

public sealed class IdempotencyTests
{
    private static Outcome Conflict(ulong number) =>
        new(OutcomeStatus.Refused, RefusalReason.IdempotencyConflict, 0, number, 0);

    [Fact]
    public void The_same_request_gets_its_number_again_and_nothing_is_appended()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] request = Keyed("a", "k", NotExists("s"), Bump("s"));
        Assert.Equal(Outcome.Appended(1), enclave.One(request));
        ParsedAnswer answer = enclave.Sequence([request], [Append("b")], [request]);
        Assert.Equal(
            [Outcome.Replayed(1), Outcome.Appended(2), Outcome.Replayed(1)], answer.Outcomes);
        Assert.Single(answer.Records);
    }

    [Fact]
    public void Another_request_under_the_same_key_is_refused_with_the_number_that_used_it()
    {
        TestEnclave enclave = TestEnclave.Open();
        ParsedAnswer answer = enclave.Sequence([Keyed("a", "k")], [Keyed("b", "k")]);
        Assert.Equal([Outcome.Appended(1), Conflict(1)], answer.Outcomes);
    }

    [Fact]
    public void Requests_without_a_key_are_never_the_same()
    {
        TestEnclave enclave = TestEnclave.Open();
        Assert.Equal(Outcome.Appended(1), enclave.One(Append("a")));
        Assert.Equal(Outcome.Appended(2), enclave.One(Append("a")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void A_key_is_remembered_for_exactly_the_window(uint window)
    {
        TestEnclave enclave = TestEnclave.Open(window: window);
        byte[] request = Keyed("a", "k");
        Assert.Equal(Outcome.Appended(1), enclave.One(request));
        for (ulong n = 2; n <= window; n++) enclave.One(Append($"{n}"));
        // The next number is window + 1: n - m = window, the last that counts.
        Assert.Equal(Outcome.Replayed(1), enclave.One(request));
        Assert.Equal(Conflict(1), enclave.One(Keyed("other", "k")));
        enclave.One(Append("one more"));
        Assert.Equal(Outcome.Appended(window + 2), enclave.One(Keyed("other", "k")));
        Assert.Equal(Conflict(window + 2), enclave.One(request));
    }

    [Fact]
    public void A_group_is_replayed_as_a_whole()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[][] group = [Keyed("a", "k1"), Keyed("b", "k2"), Keyed("c", "k3")];
        enclave.Sequence(group);
        Assert.Equal(
            [Outcome.Replayed(1), Outcome.Replayed(2), Outcome.Replayed(3)],
            enclave.Sequence(group).Outcomes);
    }

    public static TheoryData<string, int> NotTheGroup => new()
    {
        { "other order", 0 },
        { "fewer", 0 },
        { "more", 0 },
        { "other request", 0 },
        { "one without key", 0 },
        { "one new key first", 1 },
        { "alone", 0 },
    };

    [Theory]
    [MemberData(nameof(NotTheGroup))]
    public void A_group_that_is_not_the_one_that_used_the_keys_is_refused(string what, int fault)
    {
        TestEnclave enclave = TestEnclave.Open();
        (byte[] a, byte[] b, byte[] c) = (Keyed("a", "k1"), Keyed("b", "k2"), Keyed("c", "k3"));
        enclave.Sequence([[a, b, c]]);
        byte[][] group = what switch
        {
            "other order" => [b, a, c],
            "fewer" => [a, b],
            "more" => [a, b, c, Keyed("d", "k4")],
            "other request" => [a, b, Keyed("x", "k3")],
            "one without key" => [a, b, Append("c")],
            "one new key first" => [Keyed("n", "new"), b, c],
            _ => [a],
        };
        List<Outcome> outcomes = enclave.Sequence(group).Outcomes;
        ulong used = what is "other order" or "one new key first" ? 2ul : 1ul;
        Assert.Equal(Conflict(used), outcomes[fault]);
        Assert.All(outcomes.Where((_, i) => i != fault), o => Assert.Equal(
            Outcome.Refused(RefusalReason.OtherMember, number: (ulong)fault), o));
        Assert.Equal(4ul, enclave.Core.Size);
    }

    [Fact]
    public void Members_sequenced_alone_are_not_a_group()
    {
        TestEnclave enclave = TestEnclave.Open();
        (byte[] a, byte[] b) = (Keyed("a", "k1"), Keyed("b", "k2"));
        enclave.Sequence([a], [b]);
        Assert.Equal(Conflict(1), enclave.Sequence([[a, b]]).Outcomes[0]);
    }

    [Fact]
    public void A_key_twice_in_a_group_is_malformed()
    {
        TestEnclave enclave = TestEnclave.Open();
        ParsedAnswer answer = enclave.Sequence([Keyed("a", "k"), Append("b"), Keyed("a", "k")]);
        Assert.Equal(RefusalReason.Malformed, answer.Outcomes[2].Reason);
        Assert.Equal(
            [2ul, 2ul], answer.Outcomes.Take(2).Select(o => o.Number));
        Assert.Empty(answer.Records);
        Assert.Equal(Outcome.Appended(1), enclave.One(Keyed("c", "k")));
    }

    [Fact]
    public void A_group_whose_first_member_has_left_the_window_is_refused_not_replayed()
    {
        TestEnclave enclave = TestEnclave.Open(window: 3);
        byte[][] group = [Keyed("a", "k1"), Keyed("b", "k2")];
        enclave.Sequence(group);
        enclave.Sequence([Append("3")], [Append("4")]);
        // The next number is 5: number 1 is 4 back, number 2 is 3 back.
        Assert.Equal(
            [Outcome.Refused(RefusalReason.OtherMember, number: 1), Conflict(2)],
            enclave.Sequence(group).Outcomes);
        enclave.One(Append("5"));
        Assert.Equal(
            [Outcome.Appended(6), Outcome.Appended(7)], enclave.Sequence(group).Outcomes);
    }

    [Fact]
    public void The_window_keeps_no_more_than_its_numbers()
    {
        var window = new IdempotencyWindow(10);
        for (ulong n = 1; n <= 1000; n++)
        {
            window.MoveTo(n);
            Assert.True(window.TryAdd(new KeyUse(KeyDigest($"{n}"), n, default, 0, 1)));
            Assert.True(window.Count <= 11);
        }
    }

    [Fact]
    public void The_window_and_a_list_that_is_searched_agree_at_every_number()
    {
        Random random = Seeded.Random(out _);
        foreach (uint size in new uint[] { 1, 2, 30, 5000 })
        {
            var window = new IdempotencyWindow(size);
            var list = new List<KeyUse>();
            ulong number = 1;
            for (int round = 0; round < 20_000; round++)
            {
                number += (ulong)random.Next(3);
                window.MoveTo(number);
                list.RemoveAll(use => number > use.Number && number - use.Number > size);
                Digest key = KeyDigest($"{random.Next((int)size + 40)}");
                int at = list.FindIndex(use => use.Key == key);
                Assert.Equal(at >= 0, window.TryFind(key, out KeyUse found));
                if (at >= 0) Assert.Equal(list[at], found);
                var next = new KeyUse(key, number, key, 0, 1);
                if (list.Count > 0 && list[^1].Number >= number) continue;
                Assert.Equal(at < 0, window.TryAdd(next));
                if (at < 0) list.Add(next);
                Assert.Equal(list.Count, window.Count);
            }
            Assert.Equal(SnapshotDigest.OfWindow(list), window.Digest());
        }
    }
}
