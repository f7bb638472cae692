using Sequencer.Attestation.Log;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>Every outcome and reason of docs/PROTOCOL.md section 14.</summary>
public sealed class OutcomeTests
{
    private const string Missing = "missing";
    private const string Twice = "twice";

    /// <summary>Stream "twice" has version 2, last changed by number 2; the size is 4.</summary>
    private static TestEnclave WithStream(uint cellsMax = 100)
    {
        TestEnclave enclave = TestEnclave.Open(cellsMax);
        enclave.Sequence([Append("a", Bump(Twice))], [Append("b", Bump(Twice))], [Append("c")]);
        return enclave;
    }

    public static TheoryData<string, ulong, string, bool> Guards => new()
    {
        { "version-equals", 2, Twice, true },
        { "version-equals", 1, Twice, false },
        { "version-equals", 3, Twice, false },
        { "version-equals", 0, Missing, true },
        { "version-equals", 1, Missing, false },
        { "exists", 0, Twice, true },
        { "exists", 0, Missing, false },
        { "not-exists", 0, Twice, false },
        { "not-exists", 0, Missing, true },
        { "unchanged-since", 1, Twice, false },
        { "unchanged-since", 2, Twice, true },
        { "unchanged-since", ulong.MaxValue, Twice, true },
        { "unchanged-since", 0, Missing, true },
    };

    [Theory]
    [MemberData(nameof(Guards))]
    public void A_guard_holds_or_tells_the_cell(
        string guard, ulong operand, string stream, bool holds)
    {
        TestEnclave enclave = WithStream();
        byte[] request = Append("d", Exists(Twice), guard switch
        {
            "version-equals" => VersionEquals(stream, operand),
            "exists" => Exists(stream),
            "not-exists" => NotExists(stream),
            _ => UnchangedSince(stream, operand),
        });
        (ulong number, long value) = stream == Twice ? (2ul, 2L) : (0ul, 0L);
        Assert.Equal(
            holds
                ? new Outcome(OutcomeStatus.Appended, RefusalReason.None, 0, 4, 0)
                : new Outcome(OutcomeStatus.Refused, RefusalReason.Guard, 1, number, value),
            enclave.One(request));
        Assert.Equal(holds ? 5ul : 4ul, enclave.Core.Size);
    }

    [Fact]
    public void Guards_see_no_update_of_their_own_request()
    {
        TestEnclave enclave = WithStream();
        Outcome outcome =
            enclave.One(Append("d", VersionEquals(Twice, 2), Bump("new"), Bump(Twice)));
        Assert.Equal(OutcomeStatus.Appended, outcome.Status);
    }

    [Fact]
    public void A_record_holds_the_updated_cells_in_order()
    {
        TestEnclave enclave = WithStream();
        ParsedAnswer answer =
            enclave.Sequence([Append("d", Exists(Twice), Bump("z"), Bump(Twice))]);
        Assert.Equal(2, answer.Entry(0).CellCount);
        Assert.Equal((Cell("z"), 1L), (answer.Entry(0).Cell(0).Key, answer.Entry(0).Cell(0).Value));
        Assert.Equal(
            (Cell(Twice), 3L), (answer.Entry(0).Cell(1).Key, answer.Entry(0).Cell(1).Value));
    }

    [Fact]
    public void Cells_at_the_cap_refuse_new_ones_and_go_on_with_the_old()
    {
        TestEnclave enclave = WithStream(cellsMax: 2);
        Assert.Equal(OutcomeStatus.Appended, enclave.One(Append("d", Bump("second"))).Status);
        Assert.Equal(
            new Outcome(OutcomeStatus.Refused, RefusalReason.CellsMax, 1, 0, 2),
            enclave.One(Append("e", Bump(Twice), Bump("third"))));
        Assert.Equal(
            Outcome.Appended(5), enclave.One(Append("f", VersionEquals(Twice, 2), Bump(Twice))));
    }

    [Fact]
    public void A_value_at_its_greatest_is_not_bumped()
    {
        var cells = new CellTable(1);
        cells.Cells.Add(Cell("a"), new Cell(long.MaxValue, 7));
        Assert.Equal(BumpResult.Overflow, cells.Bump(Cell("a"), 8, out long value));
        Assert.Equal(long.MaxValue, value);
        Assert.Equal(new Cell(long.MaxValue, 7), cells.Get(Cell("a")));
    }

    [Fact]
    public void Malformed_requests_are_refused_and_their_neighbours_go_on()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] good = Append("a");
        byte[] trailing = [.. good, 0];
        ParsedAnswer answer = enclave.Sequence([trailing], [good], [[]], [good[..^1]]);
        Outcome malformed = new(OutcomeStatus.Refused, RefusalReason.Malformed, 0, 0, 0);
        Assert.Equal(
            [malformed, Outcome.Appended(1), malformed, malformed], answer.Outcomes);
        Assert.Single(answer.Records);
    }

    [Fact]
    public void A_group_is_numbered_as_one()
    {
        TestEnclave enclave = TestEnclave.Open();
        ParsedAnswer answer = enclave.Sequence(
            [Append("alone")], [Append("a"), Append("b"), Append("c")]);
        Assert.Equal([1ul, 2ul, 3ul, 4ul], answer.Outcomes.Select(o => o.Number));
        Assert.Equal((0, 1), (answer.Entry(0).GroupIndex, answer.Entry(0).GroupCount));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((i, 3), (answer.Entry(i + 1).GroupIndex, answer.Entry(i + 1).GroupCount));
        }
    }

    [Fact]
    public void Members_see_the_updates_of_those_before_them()
    {
        TestEnclave enclave = TestEnclave.Open();
        ParsedAnswer answer = enclave.Sequence(
            [
                Append("a", NotExists("s"), Bump("s")),
                Append("b", VersionEquals("s", 1), UnchangedSince("s", 1), Bump("s")),
                Append("c", VersionEquals("s", 2), UnchangedSince("s", 2)),
            ]);
        Assert.All(answer.Outcomes, o => Assert.Equal(OutcomeStatus.Appended, o.Status));
        Assert.Equal(2, answer.Entry(1).Cell(0).Value);
    }

    [Fact]
    public void A_refused_group_leaves_no_trace()
    {
        TestEnclave enclave = WithStream();
        TestEnclave twin = WithStream();
        ParsedAnswer answer = enclave.Sequence(
            [Append("x")],
            [
                Keyed("d", "k1", Bump(Twice), Bump("new")),
                Keyed("e", "k2", Bump("new"), Bump("newer")),
                Keyed("f", "k3", Exists("nowhere")),
            ]);
        Outcome other = new(OutcomeStatus.Refused, RefusalReason.OtherMember, 0, 3, 0);
        Assert.Equal(
            [
                Outcome.Appended(4),
                other,
                other,
                new Outcome(OutcomeStatus.Refused, RefusalReason.Guard, 0, 0, 0),
            ],
            answer.Outcomes);
        twin.Sequence([Append("x")]);
        Assert.Equal(twin.Core.Size, enclave.Core.Size);

        // Neither cells nor keys remember the group: all this goes through, as new.
        foreach (TestEnclave each in new[] { enclave, twin })
        {
            Assert.Equal(Outcome.Appended(5), each.One(Keyed(
                "g", "k1", VersionEquals(Twice, 2), UnchangedSince(Twice, 2), NotExists("new"),
                NotExists("newer"))));
        }
        // The first records hold different keys, so only what comes of them is compared.
        Assert.Equal(twin.Records[^1][56..], enclave.Records[^1][56..]);
    }

    [Fact]
    public void A_malformed_member_refuses_its_group_before_anything_else()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.One(Keyed("a", "k"));
        ParsedAnswer answer = enclave.Sequence([Keyed("b", "k"), [1, 2, 3]]);
        Assert.Equal(
            [
                new Outcome(OutcomeStatus.Refused, RefusalReason.OtherMember, 0, 1, 0),
                new Outcome(OutcomeStatus.Refused, RefusalReason.Malformed, 0, 0, 0),
            ],
            answer.Outcomes);
        Assert.Empty(answer.Records);
        Assert.Empty(answer.Checkpoint);
    }

    [Fact]
    public void An_idempotency_conflict_comes_before_a_guard()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.One(Keyed("a", "k"));
        Outcome outcome = enclave.One(Keyed("b", "k", Exists("nowhere")));
        Assert.Equal(RefusalReason.IdempotencyConflict, outcome.Reason);
    }

    [Fact]
    public void Time_never_runs_backwards()
    {
        TestEnclave enclave = TestEnclave.Open();
        ulong[] clock = [5, TestEnclave.StartMs + 9, TestEnclave.StartMs + 3, ulong.MaxValue, 0];
        ulong last = TestEnclave.StartMs;
        foreach (ulong timeMs in clock)
        {
            enclave.TimeMs = timeMs;
            ulong recorded = enclave.Sequence([Append("a")]).Entry(0).Header.TimeMs;
            Assert.Equal(Math.Max(last, timeMs), recorded);
            last = recorded;
        }
    }

    [Fact]
    public void A_group_of_the_largest_size_is_appended_whole()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[][] group = [.. Enumerable.Range(0, 4096).Select(i => Append($"{i}", Bump("s")))];
        ParsedAnswer answer = enclave.Sequence(group);
        Assert.Equal(4096, answer.Records.Count);
        Assert.Equal(4096, answer.Entry(4095).Cell(0).Value);
    }
}
