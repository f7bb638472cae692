using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Tests;

public sealed class StreamTests : IDisposable
{
    private readonly TestLog _log = new();
    private Func<SeenRequest, HttpResponseMessage?> _instead = _ => null;

    public StreamTests()
    {
        _log.OpenEpoch();
        for (int i = 0; i < 30; i++)
        {
            Assert.True(EntryMetadata.TryCreate(
                i % 2 == 0 ? "even" : "odd", "", [], out EntryMetadata metadata, out _));
            _log.Append($"{i}", i % 3 == 0 ? "orders-a/b" : $"orders-{i % 3}", metadata: metadata);
        }
    }

    private ScriptedGateway Gateway => field ??= new(
        seen => _instead(seen) ?? ServedLog.Answer(_log, seen));

    private SequencerClient Client => new(Gateway.Http(), _log.Policy);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_stream_is_read_both_ways_with_payloads()
    {
        List<EntryView> up = await ReadAsync();
        Assert.Equal(Enumerable.Range(1, 10).Select(v => (long?)v), up.Select(e => e.Version));
        Assert.Equal("27"u8.ToArray(), up[^1].Payload!.Value.ToArray());
        Assert.Equal([8, 9, 10], (await ReadAsync(8)).Select(e => e.Version));
        Assert.Empty(await ReadAsync(11));
        List<EntryView> down = await ReadAsync(null, ReadDirection.Backwards);
        Assert.Equal(up.Select(e => e.Number).Reverse(), down.Select(e => e.Number));
        Assert.Equal([3, 2, 1], (await ReadAsync(3, ReadDirection.Backwards)).Select(e => e.Version));
        Assert.Equal(10, (await ReadAsync(99, ReadDirection.Backwards)).Count);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("swapped")]
    [InlineData("another stream's")]
    [InlineData("without name")]
    [InlineData("ended early")]
    [InlineData("next again")]
    public async Task A_stream_with_a_gap_or_another_entry_is_refused(string lie)
    {
        foreach (ReadDirection direction in Enum.GetValues<ReadDirection>())
        {
            _instead = seen =>
            {
                HttpResponseMessage right = ServedLog.Answer(_log, seen);
                string json = right.Content.ReadAsStringAsync().Result;
                using JsonDocument page = JsonDocument.Parse(json);
                List<string> entries =
                    [.. page.RootElement.GetProperty("entries").EnumerateArray().Select(e => e.GetRawText())];
                string next = page.RootElement.TryGetProperty("next", out JsonElement value)
                    ? $",\"next\":{value.GetRawText()}"
                    : "";
                switch (lie)
                {
                    case "missing": entries.RemoveAt(1); break;
                    case "swapped": entries.Reverse(); break;
                    case "another stream's": entries[1] = ServedLog.Entry(_log, 2, true); break;
                    case "without name": entries[1] = entries[1].Replace("\"stream\"", "\"name\"", StringComparison.Ordinal); break;
                    case "ended early": next = ""; break;
                    default: next = direction == ReadDirection.Forwards ? ",\"next\":1" : ",\"next\":99"; break;
                }
                return ScriptedGateway.Json($"{{\"entries\":[{string.Join(',', entries)}]{next}}}");
            };
            // Forwards, where a stream ends is the gateway's word.
            if (lie == "ended early" && direction == ReadDirection.Forwards) continue;
            await Assert.ThrowsAsync<UnexpectedAnswerException>(() => ReadAsync(null, direction));
        }
    }

    [Fact]
    public async Task A_payload_or_a_stream_that_is_not_the_records_is_refused()
    {
        foreach (string lie in new[] { "MA==", "orders-a" })
        {
            _instead = seen =>
            {
                string json = ServedLog.Answer(_log, seen).Content.ReadAsStringAsync().Result;
                return ScriptedGateway.Json(lie == "MA=="
                    ? json.Replace("\"Mw==\"", "\"MA==\"", StringComparison.Ordinal)
                    : json.Replace("orders-a/b", lie, StringComparison.Ordinal));
            };
            await Assert.ThrowsAsync<UnexpectedAnswerException>(() => ReadAsync());
        }
    }

    [Fact]
    public async Task Entries_are_read_by_type_and_by_category()
    {
        var odd = new List<ulong>();
        await foreach (EntryView entry in Client.ReadByTypeAsync("odd", 10)) odd.Add(entry.Number);
        Assert.Equal(Enumerable.Range(5, 11).Select(i => 2 * (ulong)i), odd);
        int count = 0;
        await foreach (EntryView entry in Client.ReadByCategoryAsync(
            "orders", direction: ReadDirection.Backwards))
        {
            Assert.Equal((ulong)(30 - count++), entry.Number);
        }
        Assert.Equal(30, count);
        _instead = seen => ServedLog.Answer(
            _log,
            seen with { Path = seen.Path.Replace("=odd", "=even", StringComparison.Ordinal) });
        await Assert.ThrowsAsync<UnexpectedAnswerException>(async () =>
        {
            await foreach (EntryView _ in Client.ReadByTypeAsync("odd"))
            {
            }
        });
    }

    [Fact]
    public async Task Streams_are_listed_and_found()
    {
        var names = new List<string>();
        await foreach (StreamInfo stream in Client.ListStreamsAsync()) names.Add(stream.Name);
        Assert.Equal(["orders-a/b", "orders-1", "orders-2"], names);
        Assert.Equal(
            new StreamInfo("orders-a/b", 10, 1, 28), await Client.GetStreamAsync("orders-a/b"));
        Assert.Null(await Client.GetStreamAsync("nothing"));
        await foreach (StreamInfo stream in Client.ListStreamsAsync("other")) Assert.Fail(stream.Name);
    }

    [Fact]
    public async Task A_receipt_proves_which_version_of_which_stream_it_is_of()
    {
        ReceivedReceipt receipt = await Client.GetStreamReceiptAsync("orders-1", 3);
        Assert.Equal(new StreamVersion("orders-1", 3), Assert.Single(receipt.VerifiedEntry!.Streams));
        Assert.Equal(8ul, receipt.VerifiedEntry.Number);
        await Assert.ThrowsAsync<UnexpectedAnswerException>(
            () => Client.GetStreamReceiptAsync("orders-1", 11));
        // Another version's record, with its own good receipt.
        _instead = seen => ServedLog.Answer(
            _log,
            seen with { Path = seen.Path.Replace("version=3", "version=4", StringComparison.Ordinal) });
        await Assert.ThrowsAsync<UnexpectedAnswerException>(
            () => Client.GetStreamReceiptAsync("orders-1", 3));
    }

    [Fact]
    public async Task Guards_are_sent_and_belong_to_what_a_receipt_has_to_prove()
    {
        var entry = new NewEntry
        {
            Payload = "x"u8.ToArray(),
            Stream = "orders-1",
            Guards =
            [
                StreamGuard.Of("prices", ExpectedVersion.At(3)),
                StreamGuard.Of("rules", ExpectedVersion.None),
                StreamGuard.UnchangedSince("stock", 17),
            ],
        };
        // A gateway that leaves the guards out has a receipt of another request.
        _instead = seen =>
        {
            using JsonDocument body = JsonDocument.Parse(seen.Body);
            Assert.Equal(
                """[{"stream":"prices","expected_version":3},{"stream":"rules","expected_version":"none"},"""
                + """{"stream":"stock","unchanged_since":17}]""",
                body.RootElement.GetProperty("guards").GetRawText());
            return ScriptedGateway.Json(
                ServedLog.Appended(_log, _log.Append("x", "orders-1")), System.Net.HttpStatusCode.Created);
        };
        await Assert.ThrowsAsync<UnverifiedReceiptException>(() => Client.AppendAsync(entry));
        Assert.Throws<ArgumentException>(() => StreamGuard.Of("a", ExpectedVersion.Any));
        NewEntry many = entry with
        {
            Guards = [.. Enumerable.Range(0, 64).Select(i => StreamGuard.UnchangedSince($"{i}", 1))],
        };
        await Assert.ThrowsAsync<ArgumentException>(() => Client.AppendAsync(many));
    }

    private async Task<List<EntryView>> ReadAsync(
        long? from = null, ReadDirection direction = ReadDirection.Forwards)
    {
        var entries = new List<EntryView>();
        await foreach (EntryView entry in Client.ReadStreamAsync("orders-a/b", from, direction))
        {
            entries.Add(entry);
        }
        return entries;
    }
}
