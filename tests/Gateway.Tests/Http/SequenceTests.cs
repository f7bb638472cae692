using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Tests.Access;
using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>The contract of the BLOCKY sequencer, as its callers know it.</summary>
public sealed class SequenceTests : IAsyncLifetime
{
    private const string Json = "application/json";
    private GuardedGateway _guarded = null!;

    public async Task InitializeAsync() => _guarded = await GuardedGateway.StartAsync();

    public async Task DisposeAsync() => await _guarded.DisposeAsync();

    [Fact]
    public async Task A_text_gets_its_number_in_the_chain_of_its_tenant()
    {
        string token = SignedToken.OfRsa(_guarded.Claims("chain-1"));
        foreach ((string secret, string data, long index) in ((string, string, long)[])
            [
                (token, "first", 0), (GuardedGateway.Bob, "other", 0), (token, "", 1), (token, "h\u00e9 \"\n", 2),
            ])
        {
            using HttpResponseMessage response = await SendAsync(
                secret, JsonSerializer.Serialize(new Dictionary<string, string> { ["data"] = data }));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            JsonElement answer = await TestGateway.ReadJsonAsync(response);
            Assert.Equal(
                ["attestation", "data", "idx", "created_at"], answer.EnumerateObject().Select(m => m.Name));
            Assert.Equal(data, answer.GetProperty("data").GetString());
            Assert.Equal(index, answer.GetProperty("idx").GetInt64());

            var report = new LogVerifier(await PolicyAsync()).VerifyReceipt(
                answer.GetProperty("attestation").GetBytesFromBase64(),
                PayloadClaim.Of(System.Text.Encoding.UTF8.GetBytes(data)));
            Assert.True(report.IsGood, string.Join("; ", report.Faults));
            Assert.True(report.TryGet(out VerifiedEntry? entry));
            JsonElement stored = await _guarded.JsonAsync($"/v1/entries/{entry.Number}", secret);
            Assert.Equal(stored.GetProperty("time").GetString(), answer.GetProperty("created_at").GetString());
            Assert.Equal("sequence", stored.GetProperty("stream").GetString());
            Assert.Equal(index + 1, stored.GetProperty("version").GetInt64());
        }
    }

    [Theory]
    [InlineData("{}", Json, """{"error":{"data":["Missing data for required field."]}}""")]
    [InlineData("""{"data2":"x"}""", Json,
        """{"error":{"data":["Missing data for required field."],"data2":["Unknown field."]}}""")]
    [InlineData("""{"data":"x","data2":{"y":[1]}}""", Json, """{"error":{"data2":["Unknown field."]}}""")]
    [InlineData("""{"data":7}""", Json, """{"error":{"data":["Not a valid string."]}}""")]
    [InlineData("""{"data":{"a":1}}""", Json, """{"error":{"data":["Not a valid string."]}}""")]
    [InlineData("""{"data":null}""", Json, """{"error":{"data":["Field may not be null."]}}""")]
    [InlineData("[]", Json, """{"error":{"_schema":["Invalid input type."]}}""")]
    [InlineData("7", Json, """{"error":{"_schema":["Invalid input type."]}}""")]
    [InlineData("{", Json, """{"error":{"json":["Invalid JSON body."]}}""")]
    [InlineData("", Json, """{"error":{"json":["Invalid JSON body."]}}""")]
    [InlineData("""{"data":"x"}}""", Json, """{"error":{"json":["Invalid JSON body."]}}""")]
    [InlineData("""{"data":"x","data":"y"}""", Json, """{"error":{"json":["Invalid JSON body."]}}""")]
    [InlineData("""{"data":"\ud800"}""", Json, """{"error":{"json":["Invalid JSON body."]}}""")]
    [InlineData("""{"data":"x"}""", "text/plain", """{"error":{"data":["Missing data for required field."]}}""")]
    public async Task A_wrong_body_is_told_by_its_members(string body, string contentType, string expected)
    {
        using HttpResponseMessage response = await _guarded.PostAsync(
            "/sequence", GuardedGateway.Alice, body, contentType);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(Json, response.Content.Headers.ContentType!.ToString());
        Assert.Equal(expected + "\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_caller_who_is_not_known_is_told_as_he_is_used_to()
    {
        string good = SignedToken.OfEc(_guarded.Claims("a"));
        (string? Secret, int Status, string Error)[] table =
        [
            (null, 401, "Missing Authorization Header"),
            (good[..^4] + "AAAA", 422, "Signature verification failed"),
            (SignedToken.OfEc("""{"sub":"a","exp":1}"""), 401, "Token has expired"),
            (SignedToken.OfEc("""{"sub":"a"}"""), 401, "Invalid credentials"),
            ("seqk_stranger", 401, "Invalid credentials"),
            (GuardedGateway.AliceReads, 403, "The scope append is needed."),
        ];
        foreach ((string? secret, int status, string error) in table)
        {
            using HttpResponseMessage response = await SendAsync(secret, """{"data":"x"}""");
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal($"{{\"error\":\"{error}\"}}\n", await response.Content.ReadAsStringAsync());
            Assert.Equal(status is 401 or 422, response.Headers.Contains("WWW-Authenticate"));
        }
    }

    [Fact]
    public async Task A_retry_with_its_key_is_the_same_entry()
    {
        JsonElement[] answers = new JsonElement[2];
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage response = await SendAsync(GuardedGateway.Bob, """{"data":"x"}""", "k");
            Assert.Equal(i == 1, response.Headers.Contains("Idempotent-Replayed"));
            answers[i] = await TestGateway.ReadJsonAsync(response);
        }
        Assert.Equal(0, answers[1].GetProperty("idx").GetInt64());
        Assert.Equal(
            answers[0].GetProperty("created_at").GetString(), answers[1].GetProperty("created_at").GetString());
        using HttpResponseMessage conflict = await SendAsync(GuardedGateway.Bob, """{"data":"y"}""", "k");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, conflict.StatusCode);
        Assert.Equal("{\"error\":\"Entry 1 used this key.\"}\n", await conflict.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Too_much_is_refused_in_the_same_form()
    {
        string body = $"{{\"data\":\"{new string('x', 64 * 1024 + 1)}\"}}";
        using HttpResponseMessage response = await SendAsync(GuardedGateway.Bob, body);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("{\"error\":\"At most 65536 bytes.\"}\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task On_loopback_without_keys_no_header_is_needed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await using var enclave = new TestEnclave(gateway.SocketPath);
        await gateway.WaitForReadinessAsync();
        using HttpResponseMessage response = await gateway.PostAsync("/sequence", """{"data":"x"}""", Json);
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.Equal(0, answer.GetProperty("idx").GetInt64());
    }

    [Fact]
    public async Task The_heart_beats_while_all_is_as_configured()
    {
        using HttpResponseMessage healthy = await _guarded.GetAsync("/heartbeat", null);
        Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        Assert.Equal(
            """{"status":"healthy","configuration":{"origin":"test.example/log","entry-max-bytes":65536,"batch-max-bytes":1048576}}""" + "\n",
            await healthy.Content.ReadAsStringAsync());

        await File.WriteAllTextAsync(_guarded.KeysPath, "seqk_marker");
        _guarded.Gateway.Services.GetRequiredService<AccessFiles>().Refresh();
        using HttpResponseMessage stale = await _guarded.GetAsync("/heartbeat", null);
        Assert.Equal(HttpStatusCode.InternalServerError, stale.StatusCode);
        Assert.Equal(
            """{"error":{"keys":["Not in force as it stands now."]}}""" + "\n", await stale.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_heart_stops_without_an_enclave()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpResponseMessage response = await gateway.Http.GetAsync("/heartbeat");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.Equal(1, answer.GetProperty("error").GetProperty("enclave").GetArrayLength());
    }

    [Fact]
    public async Task Limits_are_told_in_the_same_form()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(
            adjust: access => access with { Limits = new TenantLimits(1, 0) });
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage response = await guarded.PostAsync(
                "/sequence", GuardedGateway.Alice, """{"data":"x"}""", Json);
            Assert.Equal(i == 0 ? 200 : 429, (int)response.StatusCode);
            if (i == 0) continue;
            Assert.Equal("1", response.Headers.GetValues("Retry-After").Single());
            Assert.StartsWith("{\"error\":\"At most 1 requests a second.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    private Task<HttpResponseMessage> SendAsync(string? secret, string body, string? key = null) =>
        _guarded.PostAsync("/sequence", secret, body, Json, key);

    private async Task<TrustPolicy> PolicyAsync()
    {
        _guarded.Gateway.Http.DefaultRequestHeaders.Authorization = GuardedGateway.Bearer(GuardedGateway.Bob);
        TrustPolicy policy = await _guarded.Gateway.PolicyAsync();
        _guarded.Gateway.Http.DefaultRequestHeaders.Authorization = null;
        return policy;
    }
}
