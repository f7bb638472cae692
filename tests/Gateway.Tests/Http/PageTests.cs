using System.Net;
using System.Text;
using Sequencer.Web;

namespace Sequencer.Gateway.Tests.Http;

public sealed class PageTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true)]
    [InlineData("text/html", true)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", false)]
    [InlineData("text/html;q=0, */*", false)]
    [InlineData("application/json", false)]
    [InlineData("", false)]
    [InlineData("no; media, type", false)]
    public async Task A_browser_gets_a_page_and_everybody_else_text(string accept, bool isPage)
    {
        using HttpResponseMessage answer = await GetAsync("/", accept);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            isPage ? "text/html" : "text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Accept", answer.Headers.Vary);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("/v1/entries", text, StringComparison.Ordinal);
        Assert.Equal(isPage, text.Contains("<main", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_may_ask_its_gateway_and_nobody_else()
    {
        using HttpResponseMessage answer = await GetAsync("/", "text/html");
        string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.EndsWith(
            "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'",
            policy,
            StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task The_verifier_is_a_file_to_keep()
    {
        using HttpResponseMessage answer = await GetAsync("/verifier.html", "text/html");
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal(
            Encoding.UTF8.GetString(SelfContainedPage.Verifier.Html.Span),
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/verifier.html")]
    public async Task What_a_browser_has_is_not_sent_again(string path)
    {
        using HttpResponseMessage first = await GetAsync(path, "text/html");
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", "text/html");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage again = await _gateway.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
    }

    private Task<HttpResponseMessage> GetAsync(string path, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return _gateway.Http.SendAsync(request);
    }
}
