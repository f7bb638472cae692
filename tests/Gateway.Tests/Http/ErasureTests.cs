using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Store;

namespace Sequencer.Gateway.Tests.Http;

public sealed class ErasureTests : IAsyncLifetime
{
    private const string Secret = "the name of somebody";

    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(Limits.SaltBytes);
    private TestEnclave _enclave = null!;
    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Fact]
    public async Task An_erased_payload_is_gone_from_disk_and_its_receipt_still_verifies()
    {
        await AppendAsync(Secret, salted: true);
        await AppendAsync("another", salted: false);

        JsonElement tombstone = await EraseAsync(1, """{"reason":"asked by the person"}""");

        Assert.Equal(1ul, tombstone.GetProperty("erased").GetUInt64());
        Assert.Equal(3ul, tombstone.GetProperty("number").GetUInt64());
        Assert.True(tombstone.TryGetProperty("receipt", out _));
        Assert.False(IsOnDisk(Encoding.UTF8.GetBytes(Secret)));
        Assert.False(IsOnDisk(_salt));
        using HttpResponseMessage gone = await _gateway.Http.GetAsync("/v1/entries/1/payload");
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
        JsonElement problem = await TestGateway.ReadJsonAsync(gone);
        Assert.Equal("urn:sequencer:problem:erased", problem.GetProperty("type").GetString());
        Assert.Equal(3ul, problem.GetProperty("tombstone").GetUInt64());
        JsonElement view = await _gateway.GetJsonAsync("/v1/entries/1");
        Assert.Equal(3ul, view.GetProperty("erased").GetUInt64());
        Assert.Equal("text/plain", view.GetProperty("content_type").GetString());
        // Whoever kept payload and salt can still open the receipt, and the rest reads as ever.
        byte[] receipt = await _gateway.Http.GetByteArrayAsync("/v1/entries/1/receipt");
        var report = new LogVerifier(await _gateway.PolicyAsync()).VerifyReceipt(
            receipt, PayloadClaim.Of(Encoding.UTF8.GetBytes(Secret), _salt));
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        Assert.Equal("another", await _gateway.Http.GetStringAsync("/v1/entries/2/payload"));
        Assert.Equal(
            "asked by the person", await _gateway.Http.GetStringAsync("/v1/entries/3/payload"));
        await _gateway.AssertReceiptVerifiesAsync(3, "asked by the person"u8.ToArray());
    }

    [Fact]
    public async Task An_erased_payload_is_not_kept_for_subscribers_in_memory_either()
    {
        await AppendAsync(Secret, salted: true);
        LogStore store = _gateway.Services.GetRequiredService<PipelineState>().Store!;
        EntryEvents.Write(
            new ArrayBufferWriter<byte>(), store.View, 1, EntryForm.WithPayload,
            Caller.Anyone.Tenant);
        Assert.Equal(2, RingMemory.Of(store).Count(HasSecret));
        await EraseAsync(1, null);
        Assert.DoesNotContain(RingMemory.Of(store), HasSecret);
    }

    private static bool HasSecret(byte[] memory) =>
        memory.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) >= 0;

    [Fact]
    public async Task A_tombstone_is_the_entry_that_the_protocol_describes()
    {
        await AppendAsync(Secret, salted: false);
        await EraseAsync(1);
        JsonElement erased = await _gateway.GetJsonAsync("/v1/entries/1");
        JsonElement view = await _gateway.GetJsonAsync("/v1/entries/2");
        Assert.Equal("sequencer.erased", view.GetProperty("type").GetString());
        Assert.Equal("", view.GetProperty("content_type").GetString());
        Assert.Equal(0, view.GetProperty("payload_length").GetInt32());
        Assert.Equal(
            erased.GetProperty("tenant").GetString(), view.GetProperty("tenant").GetString());
        Assert.Equal("1", view.GetProperty("metadata").GetProperty("erased").GetString());
        Assert.Equal(
            erased.GetProperty("leaf_hash").GetString(),
            view.GetProperty("metadata").GetProperty("leaf").GetString());
    }

    [Fact]
    public async Task Erasing_twice_gives_the_same_tombstone_with_whatever_reason()
    {
        await AppendAsync(Secret, salted: false);
        JsonElement[] answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => EraseAsync(
                1, i % 2 == 0 ? null : $$"""{"reason":"reason {{i % 4}}"}""")));
        Assert.All(answers, a => Assert.Equal(2ul, a.GetProperty("number").GetUInt64()));
        Assert.Equal(
            2ul, (await EraseAsync(1, """{"reason":"later"}""")).GetProperty("number").GetUInt64());
        Assert.Equal(3ul, await SizeAsync());
    }

    [Fact]
    public async Task The_reason_of_a_tombstone_can_be_erased_and_it_still_counts()
    {
        await AppendAsync(Secret, salted: false);
        await EraseAsync(1, """{"reason":"somebody by name"}""");
        JsonElement second = await EraseAsync(2);
        Assert.Equal(3ul, second.GetProperty("number").GetUInt64());
        Assert.False(IsOnDisk("somebody by name"u8));
        await StartAgainWithoutIndexAsync();
        Assert.Equal(HttpStatusCode.Gone, await StatusOfPayloadAsync(1));
        Assert.Equal(HttpStatusCode.Gone, await StatusOfPayloadAsync(2));
    }

    [Fact]
    public async Task Erasures_are_known_after_a_restart_with_and_without_the_index()
    {
        await AppendAsync(Secret, salted: true);
        await EraseAsync(1);
        await _gateway.StopAsync();
        await _gateway.StartAgainAsync();
        Assert.Equal(HttpStatusCode.Gone, await StatusOfPayloadAsync(1));
        await StartAgainWithoutIndexAsync();
        Assert.Equal(HttpStatusCode.Gone, await StatusOfPayloadAsync(1));
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(2ul, (await EraseAsync(1)).GetProperty("number").GetUInt64());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Payloads_from_an_older_copy_are_erased_at_the_next_start(bool hasIndex)
    {
        await AppendAsync(Secret, salted: true);
        string segment = PayloadSegment();
        byte[] before = ReadShared(segment);
        await EraseAsync(1);
        await _gateway.StopAsync();
        byte[] after = File.ReadAllBytes(segment);
        before.CopyTo(after, 0);
        File.WriteAllBytes(segment, after);
        Assert.True(IsOnDisk(_salt));
        if (!hasIndex) Directory.Delete(Path.Combine(_gateway.DataDirectory, "index"), recursive: true);
        await _gateway.StartAgainAsync();
        Assert.False(IsOnDisk(_salt));
        Assert.Equal(HttpStatusCode.Gone, await StatusOfPayloadAsync(1));
    }

    [Fact]
    public async Task A_retry_and_a_refused_request_leave_no_copy_that_an_erasure_misses()
    {
        (string, string)[] headers =
        [
            ("Idempotency-Key", "k"), ("Sequencer-Salt", Convert.ToBase64String(_salt)),
        ];
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage sent =
                await _gateway.PostAsync("/v1/entries", Secret, "text/plain", headers);
            Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        }
        using HttpResponseMessage refused = await _gateway.PostAsync(
            "/v1/entries?stream=s", Secret, "text/plain",
            ("If-Match", "\"7\""), ("Sequencer-Salt", Convert.ToBase64String(_salt)));
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
        await EraseAsync(1);
        // Whatever was under way is finished.
        await _gateway.StopServingAsync();
        Assert.False(IsOnDisk(Encoding.UTF8.GetBytes(Secret)));
        Assert.False(IsOnDisk(_salt));
    }

    [Fact]
    public async Task What_is_no_entry_or_not_there_cannot_be_erased()
    {
        await AppendAsync(Secret, salted: false);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(0)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(2)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(1 << 20)).StatusCode);
        Assert.Equal(2ul, await SizeAsync());
    }

    [Theory]
    [InlineData("[]", "invalid-json")]
    [InlineData("{", "invalid-json")]
    [InlineData("""{"reason":"a"} x""", "invalid-json")]
    [InlineData("""{"reason":"a","reason":"b"}""", "invalid-json")]
    [InlineData("""{"reason":""}""", "invalid-request")]
    [InlineData("""{"reason":7}""", "invalid-request")]
    [InlineData("""{"why":"a"}""", "unknown-field")]
    public async Task A_body_that_is_no_reason_is_refused_and_erases_nothing(
        string body, string name)
    {
        await AppendAsync(Secret, salted: false);
        using HttpResponseMessage refused = await DeleteAsync(1, body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        JsonElement problem = await TestGateway.ReadJsonAsync(refused);
        Assert.Equal(
            "urn:sequencer:problem:" + name, problem.GetProperty("type").GetString());
        Assert.Equal(Secret, await _gateway.Http.GetStringAsync("/v1/entries/1/payload"));
    }

    [Fact]
    public async Task Nobody_but_the_gateway_writes_reserved_types_and_keys()
    {
        using HttpResponseMessage raw =
            await _gateway.PostAsync("/v1/entries?type=sequencer.erased", "x");
        Assert.Equal("type", await FieldAsync(raw));
        using HttpResponseMessage json = await _gateway.PostAsync(
            "/v1/entries", """{"payload":"x","type":"sequencer.other"}""", "application/json");
        Assert.Equal("type", await FieldAsync(json));
        using HttpResponseMessage key = await _gateway.PostAsync(
            "/v1/entries", "x", "text/plain", ("Idempotency-Key", "sequencer.erased/1"));
        Assert.Equal("Idempotency-Key", await FieldAsync(key));
        using HttpResponseMessage line = await _gateway.PostAsync(
            "/v1/entries:batch",
            """{"payload":"x","idempotency_key":"sequencer.erased/1"}""",
            "application/x-ndjson");
        Assert.Equal("idempotency_key", await FieldAsync(line));
    }

    [Fact]
    public async Task A_salt_is_kept_with_its_payload_and_is_part_of_the_request()
    {
        string salt = Convert.ToBase64String(_salt);
        using HttpResponseMessage raw = await _gateway.PostAsync(
            "/v1/entries", "hi", "text/plain", ("Sequencer-Salt", salt));
        JsonElement answer = await TestGateway.ReadJsonAsync(raw);
        Assert.Equal(
            Derivation.Payload("hi"u8, _salt).ToHex(),
            answer.GetProperty("payload_digest").GetString());
        Assert.Equal(2, answer.GetProperty("payload_length").GetInt32());
        Assert.DoesNotContain(salt, answer.GetRawText(), StringComparison.Ordinal);
        using HttpResponseMessage json = await _gateway.PostAsync(
            "/v1/entries", $$"""{"payload":"hi","salt":"{{salt}}"}""", "application/json");
        using HttpResponseMessage lines = await _gateway.PostAsync(
            "/v1/entries:batch", $$"""{"payload":"hi","salt":"{{salt}}"}""", "application/x-ndjson");
        Assert.Equal(HttpStatusCode.OK, lines.StatusCode);
        for (int number = 1; number <= 3; number++)
        {
            using HttpResponseMessage payload =
                await _gateway.Http.GetAsync($"/v1/entries/{number}/payload");
            Assert.Equal([salt], payload.Headers.GetValues("Sequencer-Salt"));
            Assert.Equal("hi", await payload.Content.ReadAsStringAsync());
        }
        // Another salt, or none, makes another request of the same payload.
        (string, string) key = ("Idempotency-Key", "k");
        using HttpResponseMessage first = await _gateway.PostAsync(
            "/v1/entries", "hi", "text/plain", key, ("Sequencer-Salt", salt));
        using HttpResponseMessage again = await _gateway.PostAsync(
            "/v1/entries", "hi", "text/plain", key, ("Sequencer-Salt", salt));
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotent-Replayed")));
        using HttpResponseMessage other =
            await _gateway.PostAsync("/v1/entries", "hi", "text/plain", key);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        await _gateway.AuditAsync();
    }

    [Theory]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_salt_that_is_none_is_refused(string salt)
    {
        using HttpResponseMessage raw = await _gateway.PostAsync(
            "/v1/entries", "hi", "text/plain", ("Sequencer-Salt", salt));
        Assert.Equal("Sequencer-Salt", await FieldAsync(raw));
        using HttpResponseMessage json = await _gateway.PostAsync(
            "/v1/entries", $$"""{"payload":"hi","salt":"{{salt}}"}""", "application/json");
        Assert.Equal("salt", await FieldAsync(json));
    }

    [Fact]
    public async Task Readers_beside_an_erasure_get_the_whole_payload_or_none()
    {
        string large = new('x', 60_000);
        const int Count = 20;
        for (int i = 0; i < Count; i++) await AppendAsync(large, salted: i % 2 == 0);
        using var ending = new CancellationTokenSource();
        Task[] readers =
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
            {
                for (ulong number = 1; !ending.IsCancellationRequested; number = number % Count + 1)
                {
                    using HttpResponseMessage read = await _gateway.Http.GetAsync(
                        $"/v1/entries/{number}/payload");
                    if (read.StatusCode == HttpStatusCode.Gone) continue;
                    Assert.Equal(HttpStatusCode.OK, read.StatusCode);
                    Assert.Equal(large, await read.Content.ReadAsStringAsync());
                }
            })),
        ];
        for (ulong number = 1; number <= Count; number++) await EraseAsync(number);
        await ending.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(HttpStatusCode.Gone, await StatusOfPayloadAsync(Count));
    }

    [Fact]
    public async Task A_frame_that_is_erased_without_a_tombstone_is_missing_and_its_receipt_is_there()
    {
        await AppendAsync(Secret, salted: true);
        await AppendAsync("second", salted: false);
        await _gateway.StopAsync();
        string segment = PayloadSegment();
        byte[] bytes = File.ReadAllBytes(segment);
        PayloadFrame.TryRead(bytes, out _, out int length);
        PayloadFrame.Erase(bytes.AsSpan(0, length));
        File.WriteAllBytes(segment, bytes);
        await _gateway.StartAgainAsync();
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfPayloadAsync(1));
        JsonElement view = await _gateway.GetJsonAsync("/v1/entries/1");
        Assert.False(view.TryGetProperty("erased", out _));
        Assert.NotEmpty(await _gateway.Http.GetByteArrayAsync("/v1/entries/1/receipt"));
    }

    [Fact]
    public async Task A_disk_that_fails_while_it_erases_is_opened_again_and_then_it_is_erased()
    {
        await AppendAsync(Secret, salted: true);
        // The tombstone's own payload is synced first, then the erased one.
        _gateway.Files!.Close("log");
        Task<HttpResponseMessage> erasing = DeleteAsync(1);
        await _gateway.Files.WaitUntilHeldAsync();
        _gateway.Files.FailNextSync("payload");
        _gateway.Files.Open();
        using HttpResponseMessage failed = await erasing;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(HttpStatusCode.Gone, await StatusOfPayloadAsync(1));
        Assert.False(IsOnDisk(_salt));
        Assert.Equal(2ul, (await EraseAsync(1)).GetProperty("number").GetUInt64());
    }

    private async Task AppendAsync(string payload, bool salted)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            "/v1/entries?receipt=none",
            payload,
            "text/plain",
            salted ? [("Sequencer-Salt", Convert.ToBase64String(_salt))] : []);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private async Task<HttpResponseMessage> DeleteAsync(ulong number, string? body = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Delete, $"/v1/entries/{number}/payload");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }
        return await _gateway.Http.SendAsync(request);
    }

    private async Task<JsonElement> EraseAsync(ulong number, string? body = null)
    {
        using HttpResponseMessage response = await DeleteAsync(number, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await TestGateway.ReadJsonAsync(response);
    }

    private async Task StartAgainWithoutIndexAsync()
    {
        await _gateway.StopAsync();
        Directory.Delete(Path.Combine(_gateway.DataDirectory, "index"), recursive: true);
        await _gateway.StartAgainAsync();
    }

    private async Task<HttpStatusCode> StatusOfPayloadAsync(ulong number)
    {
        using HttpResponseMessage response =
            await _gateway.Http.GetAsync($"/v1/entries/{number}/payload");
        return response.StatusCode;
    }

    private async Task<ulong> SizeAsync()
    {
        string checkpoint = await _gateway.Http.GetStringAsync("/v1/checkpoint");
        return ulong.Parse(
            checkpoint.Split('\n')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<string?> FieldAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        JsonElement problem = await TestGateway.ReadJsonAsync(response);
        return problem.GetProperty("field").GetString();
    }

    private string PayloadSegment() => Assert.Single(
        Directory.GetFiles(Path.Combine(_gateway.DataDirectory, "payload")));

    private bool IsOnDisk(ReadOnlySpan<byte> bytes) =>
        ReadShared(PayloadSegment()).AsSpan().IndexOf(bytes) >= 0;

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
