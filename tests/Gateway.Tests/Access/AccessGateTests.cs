using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Tests.Http;
using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Access;

public sealed class AccessGateTests : IAsyncLifetime
{
    private const string Payload = "payload-of-alice";
    private GuardedGateway _guarded = null!;

    private TestGateway Gateway => _guarded.Gateway;

    public async Task InitializeAsync()
    {
        _guarded = await GuardedGateway.StartAsync();
        Assert.Equal(1, await _guarded.AppendAsync(GuardedGateway.Alice, Payload));
    }

    public async Task DisposeAsync() => await _guarded.DisposeAsync();

    [Fact]
    public async Task Every_endpoint_has_its_row_and_opens_to_its_scope_alone()
    {
        var rows = AccessTable.Rows.ToHashSet();
        var open = new List<string>();
        foreach (RouteEndpoint endpoint in Endpoints())
        {
            string route = endpoint.RoutePattern.RawText!;
            IHttpMethodMetadata? methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>();
            Assert.True(methods is { HttpMethods.Count: > 0 }, $"{route} takes every method.");
            foreach (string method in methods.HttpMethods)
            {
                Scopes? needed = AccessTable.Find(endpoint, method);
                Assert.True(needed is not null, $"{method} {route} is not in the table.");
                rows.Remove((method == "HEAD" ? "GET" : method, route));
                if (needed == Scopes.None) open.Add($"{method} {route}");
                else await AssertGuardedAsync(method, PathOf(route), needed.Value);
            }
        }
        Assert.Empty(rows);
        string[] everybody =
            ["/", "/heartbeat", "/livez", "/openapi.json", "/readyz", "/verifier.html"];
        Assert.Equal(
            [.. everybody.Select(path => "GET " + path), .. everybody.Select(path => "HEAD " + path)],
            open.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/v1/entries/1/payload")]
    [InlineData("/V1/Entries/1/PAYLOAD")]
    [InlineData("/v1/entries/1/payload/")]
    [InlineData("//v1/entries/1/payload")]
    [InlineData("/v1//entries/1/payload")]
    [InlineData("/livez/../v1/entries/1/payload")]
    [InlineData("/livez/%2e%2e/v1/entries/1/payload")]
    [InlineData("/livez/..%2fv1/entries/1/payload")]
    [InlineData("/v1%2fentries%2f1%2fpayload")]
    [InlineData("/v1/entries/1%2fpayload")]
    [InlineData("/v1/entries/%31/payload")]
    [InlineData("/%76%31/entries/1/payload")]
    [InlineData("/v1/entries/1/payload%00")]
    [InlineData("/v1/entries/1/payload;/livez")]
    [InlineData("/v1/entries/1/payload?/livez")]
    [InlineData("/v1/entries/1/payload#/livez")]
    [InlineData("\\v1\\entries\\1\\payload")]
    [InlineData("http://127.0.0.1/v1/entries/1/payload")]
    [InlineData("http://x@127.0.0.1/livez/../v1/entries/1/payload")]
    [InlineData("/v1/entries?access_token=seqk_alice-may-read")]
    [InlineData("/v1/entries")]
    [InlineData("/v1/tile/entries/000.p/2")]
    [InlineData("/tile/../livez")]
    [InlineData("/metrics")]
    [InlineData("/nowhere")]
    public async Task No_spelling_of_a_path_gets_a_stranger_in(string target)
    {
        foreach (string method in (string[])
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "QUERY"])
        {
            string answer = await SendRawAsync(
                $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: GET\r\n"
                + "X-Original-URL: /livez\r\nX-Forwarded-For: 127.0.0.1\r\n"
                + "Content-Type: text/plain\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
            int status = int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
            // What is served to everybody may be reached in any spelling; nothing else.
            bool isOpen = answer.EndsWith("live\n", StringComparison.Ordinal)
                || (status == 200 && target == "/tile/../livez");
            Assert.True(isOpen || status is >= 400 and < 500, $"{method} {target}: {answer}");
            Assert.DoesNotContain(Payload, answer, StringComparison.Ordinal);
        }
        Assert.Equal(2, (await _guarded.JsonAsync("/v1/entries", GuardedGateway.Alice))
            .GetProperty("entries").GetArrayLength());
    }

    [Theory]
    [InlineData("Authorization: Bearer seqk_wrong\r\n")]
    [InlineData("Authorization: Bearer \r\n")]
    [InlineData("Authorization: Bearer\r\n")]
    [InlineData("Authorization:\r\n")]
    [InlineData("Authorization: seqk_alice-may-read\r\n")]
    [InlineData("Authorization: Bearer seqk_alice-may-rea\r\n")]
    [InlineData("Authorization: Bearer seqk_alice-may-read-\r\n")]
    [InlineData("Authorization: Bearer SEQK_alice-may-read\r\n")]
    [InlineData("Authorization: Bearer seqk_alice-may-read seqk_alice-may-read\r\n")]
    [InlineData("Authorization: Bearer seqk_alice-may-read, Bearer x\r\n")]
    [InlineData("Authorization: Bearer seqk_alice-may-read\r\nAuthorization: Bearer seqk_alice-may-read\r\n")]
    [InlineData("Authorization: Bearer x\r\nauthorization: Bearer seqk_alice-may-read\r\n")]
    [InlineData("Authorization: Digest seqk_alice-may-read\r\n")]
    [InlineData("Authorization: Basic seqk_alice-may-read\r\n")]
    [InlineData("Authorization: Basic Og==\r\n")]
    [InlineData("Authorization: Basic ////\r\n")]
    [InlineData("X-Authorization: Bearer seqk_alice-may-read\r\n")]
    [InlineData("Proxy-Authorization: Bearer seqk_alice-may-read\r\n")]
    [InlineData("Cookie: Authorization=Bearer seqk_alice-may-read\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n")]
    public async Task No_other_header_gets_a_stranger_in(string header)
    {
        string answer = await SendRawAsync(
            $"GET /v1/entries/1/payload HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n"
            + "0\r\nAuthorization: Bearer seqk_alice-may-read\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
        Assert.Contains("WWW-Authenticate: Bearer realm=\"sequencer\"\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("urn:sequencer:problem:unauthorized", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("seqk_", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_is_shown_as_bearer_or_basic()
    {
        AuthenticationHeaderValue[] good =
        [
            GuardedGateway.Bearer(GuardedGateway.AliceReads),
            new("bEARER", GuardedGateway.AliceReads),
            GuardedGateway.Basic(GuardedGateway.AliceReads, ""),
            GuardedGateway.Basic("alice-2", GuardedGateway.AliceReads),
            GuardedGateway.Bearer(SignedToken.OfEc(_guarded.Claims("alice"))),
            GuardedGateway.Bearer(SignedToken.OfRsa(_guarded.Claims("alice"))),
            GuardedGateway.Basic(SignedToken.OfRsa(_guarded.Claims("alice")), ""),
        ];
        AuthenticationHeaderValue[] bad =
        [
            GuardedGateway.Basic("alice-1", GuardedGateway.AliceReads),
            GuardedGateway.Basic("", GuardedGateway.AliceReads),
            GuardedGateway.Basic(GuardedGateway.AliceReads, "x"),
            GuardedGateway.Basic("alice", SignedToken.OfRsa(_guarded.Claims("alice"))),
            GuardedGateway.Bearer(SignedToken.OfEc(_guarded.Claims("alice"))[..^2]),
        ];
        foreach (AuthenticationHeaderValue value in good.Concat(bad))
        {
            using HttpResponseMessage response = await _guarded.SendAsync(
                HttpMethod.Get, "/v1/entries/1/payload", null, r => r.Headers.Authorization = value);
            Assert.Equal(
                good.Contains(value) ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_key_is_over_at_its_time_and_a_token_at_its_own()
    {
        await File.WriteAllTextAsync(_guarded.KeysPath, GuardedGateway.KeyOf(
            "alice", "a", GuardedGateway.Alice, Scopes.Read, _guarded.Time.GetUtcNow().AddSeconds(10)));
        Gateway.Services.GetRequiredService<AccessFiles>().Refresh();
        string token = SignedToken.OfEc(_guarded.Claims("alice"));
        Assert.Equal(200, await StatusAsync(GuardedGateway.Alice));
        _guarded.Time.Advance(TimeSpan.FromSeconds(9.999));
        Assert.Equal(200, await StatusAsync(GuardedGateway.Alice));
        _guarded.Time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(401, await StatusAsync(GuardedGateway.Alice));
        Assert.Equal(200, await StatusAsync(token));
        _guarded.Time.Advance(TimeSpan.FromSeconds(3590));
        Assert.Equal(401, await StatusAsync(token));
    }

    [Fact]
    public async Task Keys_change_without_a_restart_and_a_bad_file_changes_nothing()
    {
        var log = new LogLines();
        Gateway.LogTo(log);
        AccessFiles files = Gateway.Services.GetRequiredService<AccessFiles>();
        string rotated = GuardedGateway.Keys
            + GuardedGateway.KeyOf("alice", "alice-9", "seqk_new", Scopes.Read);
        Assert.Equal(401, await StatusAsync("seqk_new"));
        await File.WriteAllTextAsync(_guarded.KeysPath, rotated);
        await WaitForStatusAsync("seqk_new", 200);
        Assert.Equal(200, await StatusAsync(GuardedGateway.Alice));

        await File.WriteAllTextAsync(_guarded.KeysPath, "seqk_marker\n");
        files.Refresh();
        Assert.Equal(200, await StatusAsync("seqk_new"));
        Assert.Equal(["keys"], files.Stale);
        string line = Assert.Single(log.Lines, l => l.Contains("stays", StringComparison.Ordinal));
        Assert.Contains(_guarded.KeysPath, line, StringComparison.Ordinal);
        Assert.DoesNotContain("marker", line, StringComparison.Ordinal);
        using HttpResponseMessage metrics = await _guarded.GetAsync("/metrics", GuardedGateway.Alice);
        Assert.Contains(
            "sequencer_access_files_stale 1\n", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage ready = await _guarded.GetAsync("/readyz", null);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);

        File.Delete(_guarded.KeysPath);
        files.Refresh();
        Assert.Equal(200, await StatusAsync("seqk_new"));
        // The last key taken away is taken away.
        await File.WriteAllTextAsync(_guarded.KeysPath, "");
        files.Refresh();
        Assert.Empty(files.Stale);
        Assert.Equal(401, await StatusAsync("seqk_new"));
        Assert.Equal(401, await StatusAsync(GuardedGateway.Alice));
    }

    [Fact]
    public async Task Without_a_file_of_keys_tokens_alone_open()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(
            adjust: access => access with { KeysPath = null });
        using HttpResponseMessage key = await guarded.GetAsync("/v1/entries", GuardedGateway.Alice);
        Assert.Equal(HttpStatusCode.Unauthorized, key.StatusCode);
        await guarded.JsonAsync("/v1/entries", SignedToken.OfRsa(guarded.Claims("carol")));
        using HttpResponseMessage erased = await guarded.PostAsync(
            "/v1/entries", SignedToken.OfRsa(guarded.Claims("carol", ",\"scope\":\"read\"")), "x");
        await AppendTests.AssertProblemAsync(erased, "forbidden", 403);
    }

    [Fact]
    public async Task A_start_without_a_good_file_ends_in_one_line()
    {
        foreach ((string keys, string part) in ((string, string)[])
            [("seqk_marker", "line 1"), ("[key.a]\nx = \"marker\"", "line 2")])
        {
            SettingFileException e = await Assert.ThrowsAsync<SettingFileException>(
                () => GuardedGateway.StartAsync(keys));
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("marker", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private IEnumerable<RouteEndpoint> Endpoints() =>
        Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>();

    private static string PathOf(string route) => route
        .Replace("{number}", "1", StringComparison.Ordinal)
        .Replace("{epoch}", "0", StringComparison.Ordinal)
        .Replace("{**path}", "0/000.p/2", StringComparison.Ordinal)
        .Replace("{name}", "s", StringComparison.Ordinal);

    private async Task AssertGuardedAsync(string method, string path, Scopes needed)
    {
        foreach ((string? secret, Scopes has) in ((string?, Scopes)[])
            [
                (null, Scopes.None), (GuardedGateway.AliceReads, Scopes.Read),
                (GuardedGateway.AliceAdmin, Scopes.Admin),
                (SignedToken.OfEc(_guarded.Claims("alice", ",\"scope\":\"append\"")), Scopes.Append),
            ])
        {
            using HttpResponseMessage response = await _guarded.SendAsync(new HttpMethod(method), path, secret);
            if (secret is null) Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            else Assert.Equal(has != needed, response.StatusCode == HttpStatusCode.Forbidden);
        }
    }

    private async Task<int> StatusAsync(string secret)
    {
        using HttpResponseMessage response = await _guarded.GetAsync("/v1/entries", secret);
        return (int)response.StatusCode;
    }

    private async Task WaitForStatusAsync(string secret, int status)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await StatusAsync(secret) != status) await Task.Delay(20, patience.Token);
    }

    private async Task<string> SendRawAsync(string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Gateway.EndPoint);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        await using var stream = new NetworkStream(socket);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer).WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (IOException)
        {
            // What followed the request was not read.
        }
        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
