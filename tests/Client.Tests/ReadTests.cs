using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Client.Tests;

public sealed class ReadTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(230);
    private Func<SeenRequest, HttpResponseMessage?> _instead = _ => null;

    private ScriptedGateway Gateway => field ??= new(
        seen => _instead(seen) ?? ServedLog.Answer(_log, seen));

    private SequencerClient Client => new(Gateway.Http(), _log.Policy);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_record_is_taken_apart()
    {
        Assert.True(EntryMetadata.TryCreate(
            "order", "text/plain", [new("k", "\"v\"")], out EntryMetadata metadata, out _));
        ulong number = _log.Append("hello", "orders", "key", metadata);
        EntryView entry = await Client.GetEntryAsync(number);
        Assert.Equal(number, entry.Number);
        Assert.Equal(("order", "text/plain"), (entry.Type, entry.ContentType));
        Assert.Equal("\"v\"", Assert.Single(entry.Metadata!.Pairs).Value);
        Assert.Equal(("orders", 1L), (entry.Stream, entry.Version));
        Assert.Equal(Derivation.Payload("hello"u8), entry.PayloadDigest);
        Assert.Equal(new EntryGroup(number, 0, 1), entry.Group);
        Assert.True(entry.IsIdempotent);
        Assert.Equal(RecordType.Statement, (await Client.GetEntryAsync(0)).Kind);
        EntryView seal = await Client.GetEntryAsync(_log.Seal());
        Assert.Equal((RecordType.Seal, null, null), (seal.Kind, seal.PayloadDigest, seal.Group));
    }

    [Fact]
    public async Task A_payload_is_the_one_of_its_record_or_refused()
    {
        Assert.Equal("payload"u8.ToArray(), await Client.GetPayloadAsync(5));
        foreach (string other in (string[])["paylaod", "payload and more", ""])
        {
            _instead = seen => seen.Path.EndsWith("payload", StringComparison.Ordinal)
                ? ScriptedGateway.Bytes(System.Text.Encoding.UTF8.GetBytes(other))
                : null;
            await Assert.ThrowsAsync<UnexpectedAnswerException>(() => Client.GetPayloadAsync(5));
        }
    }

    [Fact]
    public async Task A_receipt_is_verified_and_of_the_number_that_was_asked_for()
    {
        ReceivedReceipt receipt = await Client.GetReceiptAsync(5);
        Assert.Equal(5UL, receipt.VerifiedEntry!.Number);
        Assert.Equal(_log.Receipt(5).Encode(), receipt.Bytes.ToArray());
        _instead = _ => ScriptedGateway.Bytes(_log.Receipt(6).Encode());
        var refused = await Assert.ThrowsAsync<UnverifiedReceiptException>(
            () => Client.GetReceiptAsync(5));
        Assert.True(refused.Report.IsGood);
    }

    [Theory]
    [InlineData(0, null, 231)]
    [InlineData(7, 200, 193)]
    [InlineData(230, null, 1)]
    [InlineData(400, null, 0)]
    [InlineData(5, 5, 0)]
    public async Task A_range_is_read_in_pages(int from, int? to, int count)
    {
        var numbers = new List<ulong>();
        await foreach (EntryView entry in Client.ReadEntriesAsync((ulong)from, (ulong?)to))
        {
            numbers.Add(entry.Number);
        }
        Assert.Equal(Enumerable.Range(from, count).Select(n => (ulong)n), numbers);
    }

    [Theory]
    [InlineData("""{"entries":[],"next":0}""")]
    [InlineData("""{"entries":[],"next":7}""")]
    [InlineData("""{"entries":{}}""")]
    [InlineData("""{"entries":[{"record":"AAAA"}]}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task A_page_that_leads_astray_is_refused(string json)
    {
        _instead = _ => ScriptedGateway.Json(json);
        await Assert.ThrowsAsync<UnexpectedAnswerException>(async () =>
        {
            await foreach (EntryView entry in Client.ReadEntriesAsync(0)) Assert.NotNull(entry);
        });
    }

    [Fact]
    public async Task Other_metadata_than_the_records_is_refused()
    {
        string record = Convert.ToBase64String(_log.Records[3]);
        _instead = _ => ScriptedGateway.Json(
            $$"""{"record":"{{record}}","type":"forged","content_type":"","metadata":{ } }""");
        await Assert.ThrowsAsync<UnexpectedAnswerException>(() => Client.GetEntryAsync(3));
    }

    [Fact]
    public async Task An_answer_beyond_its_bound_is_not_buffered()
    {
        _instead = _ => ScriptedGateway.Bytes(new byte[1024 * 1024]);
        await Assert.ThrowsAsync<UnexpectedAnswerException>(() => Client.GetReceiptAsync(3));
    }
}
