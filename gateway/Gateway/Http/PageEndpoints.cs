using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using Sequencer.Web;

namespace Sequencer.Gateway.Http;

/// <summary>What people see: the page of the log, and the verifier as a file to keep.</summary>
/// <remarks>
/// Both pages hold all that they need, and their security policy lets nothing else in: the log's page
/// asks only this gateway, the file nobody.
/// </remarks>
internal static class PageEndpoints
{
    private const string HtmlMediaType = "text/html; charset=utf-8";

    private static readonly byte[] Text = Encoding.UTF8.GetBytes(
        """
        Sequencer: a log whose order anyone can check.

        Append an entry, and keep the receipt that comes back:

            curl --data-binary 'hello' -H 'Content-Type: text/plain' http://HOST/v1/entries

        Read:

            /v1/entries?from=0       the entries, in order
            /v1/entries/1            one entry
            /v1/entries/1/receipt    its receipt, under the newest checkpoint
            /v1/streams              the streams of those entries that are in one
            /v1/checkpoint           the newest signed checkpoint
            /v1/log                  which log this is, and its limits
            /v1/epochs               the enclaves that signed, with their attestation documents
            /v1/attestation          the newest enclave's document; with ?nonce=<hex> a fresh one
            /openapi.json            the whole interface, for programs
            /readyz, /metrics        for operators
            /                        in a browser: a page that looks entries up and verifies

        Nothing here has to be believed: a receipt is verified offline, down to the root certificate
        of AWS Nitro Enclaves. The interface is described in docs/HTTP.md, the bytes in
        docs/PROTOCOL.md.

        """);

    private static readonly SelfContainedPage Page = SelfContainedPage.Make(
        new PageSources(typeof(SelfContainedPage).Assembly, typeof(PageEndpoints).Assembly),
        "log.html", "log-page.js", ["style.css", "log.css"], connect: "'self'");

    private static readonly string PageTag = TagOf(Page);
    private static readonly string VerifierTag = TagOf(SelfContainedPage.Verifier);

    /// <summary>What this is, and what to try: a page for a browser, text for all others.</summary>
    public static Task WelcomeAsync(HttpContext context)
    {
        context.Response.Headers.Vary = HeaderNames.Accept;
        return AsksForHtml(context.Request)
            ? SendAsync(context, Page, PageTag)
            : JsonBody.SendAsync(context, LogEndpoints.TextMediaType, Text);
    }

    /// <summary>The verifier, to be kept and opened from disk.</summary>
    public static Task VerifierAsync(HttpContext context)
    {
        context.Response.Headers.ContentDisposition =
            "attachment; filename=\"sequencer-verifier.html\"";
        return SendAsync(context, SelfContainedPage.Verifier, VerifierTag);
    }

    private static Task SendAsync(HttpContext context, SelfContainedPage page, string tag)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = page.SecurityPolicy + "; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        return JsonBody.SendAsync(context, HtmlMediaType, page.Html);
    }

    // A browser names HTML; curl and the like take anything, and get text.
    private static bool AsksForHtml(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.Any(type => type.MediaType == "text/html" && type.Quality is not 0);

    private static string TagOf(SelfContainedPage page) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(page.Html.Span)[..16])}\"";
}
