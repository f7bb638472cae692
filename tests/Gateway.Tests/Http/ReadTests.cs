using System.Net;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Verification;

namespace Sequencer.Gateway.Tests.Http;

public sealed class ReadTests : IAsyncLifetime
{
    private const int Entries = 300;
    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
        string lines = string.Join(
            '\n', Enumerable.Range(0, Entries).Select(i => $"{{\"payload\":\"{i % 100}\"}}"));
        using HttpResponseMessage response =
            await _gateway.PostAsync("/v1/entries:batch", lines, "application/x-ndjson");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Fact]
    public async Task A_range_is_walked_by_its_links()
    {
        var numbers = new List<long>();
        string? path = "/v1/entries?limit=128";
        while (path is not null)
        {
            using HttpResponseMessage response = await _gateway.Http.GetAsync(path);
            JsonElement page = await TestGateway.ReadJsonAsync(response);
            numbers.AddRange(
                page.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("number").GetInt64()));
            path = response.Headers.TryGetValues("Link", out IEnumerable<string>? links)
                ? links.Single().Split('<', '>')[1]
                : null;
            Assert.Equal(path is not null, page.TryGetProperty("next", out _));
        }
        Assert.Equal(Enumerable.Range(0, Entries + 1).Select(n => (long)n), numbers);
    }

    [Fact]
    public async Task A_range_comes_as_lines_when_asked_for()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/entries?from=299");
        request.Headers.Add("Accept", "application/x-ndjson");
        using HttpResponseMessage response = await _gateway.Http.SendAsync(request);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.ToString());
        string[] lines = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Equal(
            (await _gateway.Http.GetStringAsync("/v1/entries/300")).TrimEnd('\n'), lines[1]);
    }

    [Fact]
    public async Task Entries_are_found_by_their_payload_newest_first()
    {
        string digest = Sequencer.Attestation.Log.Derivation.Payload("7"u8).ToHex();
        JsonElement found = await _gateway.GetJsonAsync($"/v1/entries?payload_digest={digest}");
        Assert.Equal(
            [208L, 108L, 8L],
            found.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("number").GetInt64()));
    }

    [Fact]
    public async Task Tiles_bundles_and_proofs_agree_with_the_checkpoint()
    {
        byte[] tile = await _gateway.Http.GetByteArrayAsync("/v1/tile/0/000");
        byte[] partial = await _gateway.Http.GetByteArrayAsync("/tile/0/001.p/45");
        byte[] bundle = await _gateway.Http.GetByteArrayAsync("/v1/tile/entries/001.p/45");
        Assert.Equal(256 * 32, tile.Length);
        ReadOnlySpan<byte> rest = bundle;
        for (int i = 0; EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record); i++)
        {
            Assert.Equal(TreeHash.Leaf(record), new Digest(partial.AsSpan(32 * i, 32)));
        }
        string[] checkpoint = (await _gateway.Http.GetStringAsync("/checkpoint")).Split('\n');
        Assert.Equal($"{Entries + 1}", checkpoint[1]);
        Assert.True(Digest.TryParseBase64(checkpoint[2], out Digest root));

        JsonElement proof = await _gateway.GetJsonAsync("/v1/proofs/inclusion?number=77");
        Assert.True(InclusionProof.Verify(
            77, Entries + 1, ReadDigest(proof.GetProperty("leaf_hash")), ReadPath(proof), root));
        JsonElement older = await _gateway.GetJsonAsync("/v1/proofs/inclusion?number=77&size=100");
        Assert.True(InclusionProof.TryComputeRoot(
            77, 100, ReadDigest(older.GetProperty("leaf_hash")), ReadPath(older), out Digest olderRoot));
        JsonElement consistency = await _gateway.GetJsonAsync("/v1/proofs/consistency?from=100");
        Assert.True(
            ConsistencyProof.Verify(100, olderRoot, Entries + 1, root, ReadPath(consistency)));
    }

    [Fact]
    public async Task What_cannot_change_may_be_cached_and_the_checkpoint_not()
    {
        Assert.Contains(
            "immutable", await CachingAsync("/v1/tile/0/000"), StringComparison.Ordinal);
        Assert.Contains("immutable", await CachingAsync("/v1/entries/1"), StringComparison.Ordinal);
        Assert.Equal("no-cache", await CachingAsync("/v1/checkpoint"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/checkpoint");
        request.Headers.Add("If-None-Match", $"\"{Entries + 1}\"");
        using HttpResponseMessage response = await _gateway.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
    }

    [Fact]
    public async Task A_receipt_verifies_in_both_forms_and_a_statement_has_one_too()
    {
        var verifier = new LogVerifier(await _gateway.PolicyAsync());
        foreach (string path in (string[])
            ["/v1/entries/5/receipt", "/v1/entries/5/receipt?format=tlog-proof", "/v1/entries/0/receipt"])
        {
            var report = verifier.VerifyReceipt(await _gateway.Http.GetByteArrayAsync(path));
            Assert.True(report.IsGood, path + ": " + string.Join("; ", report.Faults));
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/entries/5/receipt");
        request.Headers.Add("Accept", "text/plain");
        using HttpResponseMessage response = await _gateway.Http.SendAsync(request);
        Assert.StartsWith(
            "c2sp.org/tlog-proof@v1\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_live_document_attests_the_newest_durable_head()
    {
        JsonElement kept = await _gateway.GetJsonAsync("/v1/attestation");
        JsonElement live = await _gateway.GetJsonAsync("/v1/attestation?nonce=00112233445566778899aabbccddeeff");
        Assert.Equal(Entries + 1, live.GetProperty("size").GetInt64());
        Assert.Equal(kept.GetProperty("root").GetString(), live.GetProperty("root").GetString());
        Assert.NotEqual(
            kept.GetProperty("document").GetString(), live.GetProperty("document").GetString());
        JsonElement epoch = await _gateway.GetJsonAsync("/v1/epochs/0");
        Assert.Equal(
            kept.GetProperty("document").GetString(), epoch.GetProperty("document").GetString());
    }

    [Fact]
    public async Task Live_documents_are_limited_in_rate()
    {
        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 40)
            .Select(_ => _gateway.Http.GetAsync("/v1/attestation?nonce=00112233445566778899aabbccddeeff")));
        HttpResponseMessage limited = responses.First(
            r => r.StatusCode == HttpStatusCode.TooManyRequests);
        await AppendTests.AssertProblemAsync(limited, "overloaded", 429);
        Assert.True(limited.Headers.Contains("Retry-After"));
        foreach (HttpResponseMessage response in responses) response.Dispose();
    }

    [Theory]
    [InlineData("/v1/entries/301", 404)]
    [InlineData("/v1/entries/01", 404)]
    [InlineData("/v1/entries/x", 404)]
    [InlineData("/v1/entries/0/payload", 404)]
    [InlineData("/v1/entries/301/receipt", 404)]
    [InlineData("/v1/tile/0/002", 404)]
    [InlineData("/v1/tile/0/001", 404)]
    [InlineData("/v1/tile/0/1", 404)]
    [InlineData("/v1/epochs/1", 404)]
    [InlineData("/nowhere", 404)]
    [InlineData("/v1/entries?limit=0", 400)]
    [InlineData("/v1/entries?limit=1001", 400)]
    [InlineData("/v1/entries?from=-1", 400)]
    [InlineData("/v1/entries?payload_digest=AB", 400)]
    [InlineData("/v1/entries/1/receipt?format=xml", 400)]
    [InlineData("/v1/proofs/inclusion", 400)]
    [InlineData("/v1/proofs/inclusion?number=301", 400)]
    [InlineData("/v1/proofs/inclusion?number=1&size=302", 400)]
    [InlineData("/v1/proofs/consistency?from=3&to=2", 400)]
    [InlineData("/v1/attestation?nonce=00", 400)]
    public async Task What_is_not_there_is_a_problem(string path, int status)
    {
        using HttpResponseMessage response = await _gateway.Http.GetAsync(path);
        await AppendTests.AssertProblemAsync(
            response, status == 404 ? "not-found" : "invalid-request", status);
    }

    [Fact]
    public async Task Another_method_is_a_problem_and_head_has_no_body()
    {
        using HttpResponseMessage deleted = await _gateway.Http.DeleteAsync("/v1/entries/1");
        await AppendTests.AssertProblemAsync(deleted, "method-not-allowed", 405);
        foreach (string path in (string[])["/", "/livez", "/readyz", "/v1/checkpoint", "/v1/entries/1"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using HttpResponseMessage head = await _gateway.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            Assert.True(head.Content.Headers.ContentLength > 0);
        }
    }

    [Fact]
    public async Task Metrics_count_the_entries_and_the_welcome_says_what_to_try()
    {
        string metrics = await _gateway.Http.GetStringAsync("/metrics");
        Assert.Contains(
            $"sequencer_entries_appended_total {Entries}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"sequencer_log_size {Entries + 1}\n", metrics, StringComparison.Ordinal);
        Assert.Contains(
            "sequencer_append_stage_seconds_bucket{stage=\"commit\",le=\"+Inf\"}", metrics, StringComparison.Ordinal);
        Assert.Contains(
            "/v1/entries", await _gateway.Http.GetStringAsync("/"), StringComparison.Ordinal);
    }

    private async Task<string> CachingAsync(string path)
    {
        using HttpResponseMessage response = await _gateway.Http.GetAsync(path);
        return response.Headers.CacheControl!.ToString();
    }

    private static Digest ReadDigest(JsonElement hex)
    {
        Assert.True(Digest.TryParseHex(hex.GetString(), out Digest digest));
        return digest;
    }

    private static Digest[] ReadPath(JsonElement answer) =>
        [.. answer.GetProperty("proof").EnumerateArray().Select(ReadDigest)];
}
