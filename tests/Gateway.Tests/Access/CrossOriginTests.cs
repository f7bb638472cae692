using System.Net;

namespace Sequencer.Gateway.Tests.Access;

public sealed class CrossOriginTests : IAsyncLifetime
{
    private const string Page = "https://app.example";
    private GuardedGateway _guarded = null!;

    public async Task InitializeAsync() => _guarded = await GuardedGateway.StartAsync(
        adjust: access => access with { CorsOrigins = [Page, "http://127.0.0.1:8080"] });

    public async Task DisposeAsync() => await _guarded.DisposeAsync();

    [Fact]
    public async Task A_listed_page_may_ask_and_read()
    {
        using HttpResponseMessage preflight = await AskAsync(HttpMethod.Options, Page, null, isPreflight: true);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Page, Header(preflight, "Access-Control-Allow-Origin"));
        Assert.Contains("Authorization", Header(preflight, "Access-Control-Allow-Headers"), StringComparison.Ordinal);
        Assert.Contains("POST", Header(preflight, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal("600", Header(preflight, "Access-Control-Max-Age"));
        foreach ((string? secret, HttpStatusCode status) in ((string?, HttpStatusCode)[])
            [(GuardedGateway.Alice, HttpStatusCode.OK), (null, HttpStatusCode.Unauthorized)])
        {
            using HttpResponseMessage answer = await AskAsync(HttpMethod.Get, Page, secret);
            Assert.Equal(status, answer.StatusCode);
            Assert.Equal(Page, Header(answer, "Access-Control-Allow-Origin"));
            Assert.Contains("Idempotent-Replayed", Header(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
            Assert.Contains("Origin", answer.Headers.Vary);
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    [Theory]
    [InlineData("https://app.example.evil")]
    [InlineData("https://app.example:444")]
    [InlineData("https://APP.example")]
    [InlineData("http://app.example")]
    [InlineData("null")]
    [InlineData("*")]
    [InlineData("https://app.example https://evil.example")]
    public async Task Any_other_origin_gets_no_header_and_no_preflight(string origin)
    {
        using HttpResponseMessage preflight = await AskAsync(HttpMethod.Options, origin, null, isPreflight: true);
        Assert.Equal(HttpStatusCode.Unauthorized, preflight.StatusCode);
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Get, origin, GuardedGateway.Alice);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        foreach (HttpResponseMessage response in (HttpResponseMessage[])[preflight, answer])
        {
            Assert.DoesNotContain(
                response.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
            // Or a cache would give this answer to the page that is listed.
            Assert.Contains("Origin", response.Headers.Vary);
        }
    }

    [Fact]
    public async Task Options_that_are_no_preflight_are_judged_as_any_request()
    {
        using HttpResponseMessage stranger = await AskAsync(HttpMethod.Options, Page, null);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        using HttpResponseMessage known = await AskAsync(HttpMethod.Options, Page, GuardedGateway.Alice);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, known.StatusCode);
    }

    [Fact]
    public async Task Nothing_is_said_where_no_origin_is_listed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/livez");
        request.Headers.Add("Origin", Page);
        using HttpResponseMessage response = await gateway.Http.SendAsync(request);
        Assert.Empty(response.Headers.Vary);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Without_keys_a_foreign_page_appends_nothing()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            s => s with { Access = s.Access with { CorsOrigins = [Page] } });
        await using var enclave = new TestEnclave(gateway.SocketPath);
        await gateway.WaitForReadinessAsync();
        foreach ((string origin, int status) in ((string, int)[])
            [
                ("https://evil.example", 403), ("null", 403), ($"https://{gateway.EndPoint}", 403),
                ($"http://{gateway.EndPoint}", 201), (Page, 201),
            ])
        {
            using HttpResponseMessage response =
                await gateway.PostAsync("/v1/entries", "x", "text/plain", ("Origin", origin));
            Assert.Equal(status, (int)response.StatusCode);
        }
        Assert.Equal(3, (await gateway.GetJsonAsync("/v1/entries")).GetProperty("entries").GetArrayLength());
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("localhost:1234", 200)]
    [InlineData("log.localhost", 200)]
    [InlineData("127.0.0.1:5000", 200)]
    [InlineData("[::1]:5000", 200)]
    [InlineData("app.example", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("evil.example:5000", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("app.example:444", 403)]
    public async Task Without_keys_a_name_that_was_bound_to_this_machine_reads_nothing(
        string host, int status)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            s => s with { Access = s.Access with { CorsOrigins = [Page] } });
        foreach (string path in (string[])["/v1/entries", "/v1/nowhere", "/livez"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = host;
            using HttpResponseMessage response = await gateway.Http.SendAsync(request);
            int expected = path == "/livez" ? 200 : status == 200 && path == "/v1/nowhere" ? 404 : status;
            Assert.Equal(expected, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task A_listed_page_may_send_and_read_a_salt()
    {
        using HttpResponseMessage preflight = await AskAsync(HttpMethod.Options, Page, null, isPreflight: true);
        Assert.Contains("Sequencer-Salt", Header(preflight, "Access-Control-Allow-Headers"), StringComparison.Ordinal);
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Get, Page, GuardedGateway.Alice);
        Assert.Contains("Sequencer-Salt", Header(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> AskAsync(
        HttpMethod method, string origin, string? secret, bool isPreflight = false) =>
        _guarded.SendAsync(method, "/v1/entries", secret, request =>
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
            if (isPreflight) request.Headers.Add("Access-Control-Request-Method", "POST");
        });

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.GetValues(name).Single();
}
