using System.Net;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Tests;

public sealed class AppendTests : IDisposable
{
    private static readonly NewEntry Order = new()
    {
        Payload = "hello"u8.ToArray(),
        ContentType = "text/plain",
        Type = "order",
        Metadata = [new("b", "2"), new("a", "—")],
        Stream = "orders",
        IdempotencyKey = "key-1",
    };

    private readonly TestLog _log = TestLog.WithEntries(3);
    private string _answer = "";

    private ScriptedGateway Gateway => field ??= new(
        _ => ScriptedGateway.Json(_answer, HttpStatusCode.Created));

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task An_append_is_told_from_its_verified_receipt()
    {
        ulong number = AppendOrder();
        Appended appended = await Client().AppendAsync(Order);
        Assert.Equal(number, appended.Number);
        // The JSON around the receipt says 7.
        Assert.Equal(1, appended.Version);
        Assert.Equal("orders", appended.Stream);
        Assert.Equal(_log.TimeMs, (ulong)appended.Time.ToUnixTimeMilliseconds());
        Assert.Equal(_log.Receipt(number).Encode(), appended.ReceiptBytes.ToArray());
        Assert.True(appended.VerifiedEntry!.IsPayloadChecked);
        Assert.False(appended.IsReplayed);
    }

    [Fact]
    public async Task A_salt_goes_with_the_entry_and_the_receipt_is_held_to_it()
    {
        NewEntry salted = Order.WithSalt();
        Assert.NotEqual(Order.WithSalt().Salt.ToArray(), salted.Salt.ToArray());
        AppendOrder(salted.Salt.ToArray());
        Appended appended = await Client().AppendAsync(salted);
        Assert.Equal(salted.Salt.ToArray(), appended.Salt.ToArray());
        Assert.Contains(
            $"\"salt\":\"{Convert.ToBase64String(salted.Salt.Span)}\"",
            Assert.Single(Gateway.Seen).Body.Replace("\\u002B", "+", StringComparison.Ordinal),
            StringComparison.Ordinal);
        // The same payload under another salt, or none, is another entry.
        await Assert.ThrowsAsync<UnverifiedReceiptException>(
            () => Client().AppendAsync(Order.WithSalt()));
        await Assert.ThrowsAsync<UnverifiedReceiptException>(() => Client().AppendAsync(Order));
    }

    [Fact]
    public async Task A_salt_is_made_where_it_is_asked_for_and_told()
    {
        AppendOrder();
        SequencerClient client = SequencerClient.WithoutVerification(Gateway.Http());
        Appended plain = await client.AppendAsync(Order);
        Assert.True(plain.Salt.IsEmpty);
        Appended salted = await client.AppendAsync(Order, new AppendOptions { Salted = true });
        Assert.Equal(Limits.SaltBytes, salted.Salt.Length);
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.AppendAsync(Order with { Salt = new byte[31] }));
    }

    [Fact]
    public async Task The_request_says_what_the_entry_does()
    {
        AppendOrder();
        await SequencerClient.WithoutVerification(Gateway.Http())
            .AppendAsync(Order with { Expected = ExpectedVersion.At(3) });
        SeenRequest seen = Assert.Single(Gateway.Seen);
        Assert.Equal("/v1/entries", seen.Path);
        Assert.Equal("key-1", seen.Header("Idempotency-Key"));
        Assert.Equal("\"3\"", seen.Header("If-Match"));
        Assert.Equal("application/json", seen.Head.Content!.Headers.ContentType!.ToString());
        Assert.Equal(
            """
            {"payload_base64":"aGVsbG8=","content_type":"text/plain","type":"order",
            "metadata":{"b":"2","a":"\u2014"},"stream":"orders"}
            """.Replace("\n", ""),
            seen.Body);
    }

    [Fact]
    public async Task Any_tampering_with_a_receipt_is_refused()
    {
        string good = ServedLog.Appended(_log, AppendOrder());
        int start = good.IndexOf("\"record\"", StringComparison.Ordinal);
        int tried = 0;
        for (int at = start + 10; at < good.Length - 4; at += 97)
        {
            if (!char.IsAsciiLetter(good[at])) continue;
            char other = good[at] == 'A' ? 'B' : 'A';
            _answer = good[..at] + other + good[(at + 1)..];
            var refused = await Assert.ThrowsAsync<UnverifiedReceiptException>(
                () => Client().AppendAsync(Order));
            Assert.False(refused.Report.IsGood);
            Assert.NotEmpty(refused.Report.Faults);
            Assert.True(refused.ReceiptBytes.Length > 0);
            tried++;
        }
        Assert.True(tried > 20);
    }

    [Fact]
    public async Task A_receipt_of_another_payload_is_refused_by_the_payload_rule()
    {
        AppendOrder();
        var refused = await Assert.ThrowsAsync<UnverifiedReceiptException>(
            () => Client().AppendAsync(Order with { Payload = "hellp"u8.ToArray() }));
        Assert.Equal(
            VerificationRule.Payload, Assert.Single(refused.Report.Faults).Rule);
    }

    public static TheoryData<string> Differences =>
        ["type", "content", "pair", "stream", "key", "guard"];

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task A_good_receipt_of_an_entry_that_differs_is_refused(string difference)
    {
        AppendOrder();
        NewEntry other = difference switch
        {
            "type" => Order with { Type = "" },
            "content" => Order with { ContentType = "text/html" },
            "pair" => Order with { Metadata = [new("a", "—")] },
            "stream" => Order with { Stream = "other" },
            "key" => Order with { IdempotencyKey = null },
            _ => Order with { Expected = ExpectedVersion.None },
        };
        var refused = await Assert.ThrowsAsync<UnverifiedReceiptException>(
            () => Client().AppendAsync(other));
        Assert.True(refused.Report.IsGood);
    }

    [Fact]
    public async Task Without_verification_the_word_of_the_gateway_counts()
    {
        AppendOrder();
        Appended appended = await SequencerClient.WithoutVerification(Gateway.Http())
            .AppendAsync(Order with { Payload = default });
        Assert.Equal(7, appended.Version);
        Assert.Null(appended.VerifiedEntry);
    }

    [Fact]
    public async Task A_verifying_client_does_without_no_receipt()
    {
        _answer = """{"number":1,"epoch":0,"time":"2026-01-01T00:00:00.000Z"}""";
        var options = new AppendOptions { OmitReceipt = true };
        await Assert.ThrowsAsync<ArgumentException>(() => Client().AppendAsync(Order, options));
        await Assert.ThrowsAsync<UnexpectedAnswerException>(() => Client().AppendAsync(Order));
        Appended appended = await SequencerClient.WithoutVerification(Gateway.Http())
            .AppendAsync(Order, options);
        Assert.True(appended.ReceiptBytes.IsEmpty);
        Assert.Equal("/v1/entries?receipt=none", Gateway.Seen[^1].Path);
    }

    [Fact]
    public async Task An_entry_that_breaks_a_rule_is_not_sent()
    {
        NewEntry[] wrong =
        [
            Order with { Stream = null, Expected = ExpectedVersion.Exists },
            Order with { Stream = "" },
            Order with { IdempotencyKey = "with space" },
            Order with { IdempotencyKey = new string('k', 256) },
            Order with { Type = new string('t', 256) },
            Order with { Metadata = [new("a", "1"), new("a", "2")] },
        ];
        foreach (NewEntry entry in wrong)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => Client().AppendAsync(entry));
        }
        Assert.Empty(Gateway.Seen);
    }

    [Fact]
    public async Task A_batch_has_an_outcome_for_each_entry()
    {
        _answer = """
            {"entries":[{"status":"appended","number":1},{"status":"replayed","number":0},
            {"status":"refused","problem":{"type":"urn:sequencer:problem:version-mismatch",
            "status":412,"detail":"D","stream":"orders","actual":4,"index":2}}],
            "size":2,"checkpoint":"a\nb\n"}
            """;
        NewEntry third = Order with { Expected = ExpectedVersion.None };
        AppendedBatch batch = await Client().AppendBatchAsync([Order, Order, third], atomic: true);
        Assert.Equal(
            [BatchStatus.Appended, BatchStatus.Replayed, BatchStatus.Refused],
            batch.Entries.Select(e => e.Status));
        Assert.Equal([1UL, 0UL, null], batch.Entries.Select(e => e.Number));
        Assert.Equal("version-mismatch", batch.Entries[2].Problem!.Name);
        Assert.Equal(4, batch.Entries[2].Problem!.Members["actual"].GetInt32());
        Assert.Equal("a\nb\n", Encoding.UTF8.GetString(batch.Checkpoint.Span));
        SeenRequest seen = Assert.Single(Gateway.Seen);
        Assert.Equal("/v1/entries:batch?atomic=true", seen.Path);
        string[] lines = seen.Body.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.EndsWith("\"expected_version\":\"none\",\"idempotency_key\":\"key-1\"}", lines[2]);
    }

    [Fact]
    public async Task A_batch_with_too_few_outcomes_is_no_answer()
    {
        _answer = """{"entries":[],"size":2,"checkpoint":""}""";
        await Assert.ThrowsAsync<UnexpectedAnswerException>(
            () => Client().AppendBatchAsync([Order]));
        await Assert.ThrowsAsync<ArgumentException>(() => Client().AppendBatchAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(
            () => Client().AppendBatchAsync([Order], idempotencyKey: "both"));
    }

    private SequencerClient Client() => new(Gateway.Http(), _log.Policy);

    private ulong AppendOrder(byte[]? salt = null)
    {
        Assert.True(EntryMetadata.TryCreate(
            Order.Type, Order.ContentType, Order.Metadata, out EntryMetadata metadata, out _));
        ulong number = _log.Append(
            "hello", Order.Stream, Order.IdempotencyKey, metadata, salt: salt);
        _answer = ServedLog.Appended(_log, number);
        return number;
    }
}
