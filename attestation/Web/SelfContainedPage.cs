using System.Security.Cryptography;
using System.Text;

namespace Sequencer.Web;

/// <summary>
/// A page in one file: style and script stand in it, and its content security policy names both by
/// digest, so that nothing else runs and nothing else is loaded.
/// </summary>
public sealed class SelfContainedPage
{
    private SelfContainedPage(string html, string policy) =>
        (Html, SecurityPolicy) = (Encoding.UTF8.GetBytes(html), policy);

    /// <summary>The file <c>sequencer-verifier.html</c>, which reaches no network.</summary>
    public static SelfContainedPage Verifier { get; } = Make(
        new PageSources(typeof(SelfContainedPage).Assembly),
        "verifier.html", "verifier-page.js", ["style.css"], connect: "'none'");

    /// <summary>The page, UTF-8.</summary>
    public ReadOnlyMemory<byte> Html { get; }

    /// <summary>The value of <c>Content-Security-Policy</c>; the page repeats it where it has a
    /// place for it.</summary>
    public string SecurityPolicy { get; }

    /// <summary>Puts a page together; the same bytes for the same files.</summary>
    /// <param name="files">Where they come from.</param>
    /// <param name="template">The file with a line for style and script each.</param>
    /// <param name="script">The module that the page begins with.</param>
    /// <param name="styles">Style sheets, in order.</param>
    /// <param name="connect">Whom the page may ask: <c>'none'</c> or <c>'self'</c>.</param>
    public static SelfContainedPage Make(
        PageSources files, string template, string script, IEnumerable<string> styles, string connect)
    {
        string code = "\n" + ModuleBundle.Of(files, script);
        string style = "\n" + string.Concat(styles.Select(name => files[name]));
        string policy =
            $"default-src 'none'; script-src '{Source(code)}'; style-src '{Source(style)}'; "
            + $"img-src data:; connect-src {connect}; base-uri 'none'; form-action 'none'";
        string html = files[template]
            .Replace(
                "<!--policy-->",
                $"<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">",
                StringComparison.Ordinal)
            .Replace("<!--style-->", $"<style>{style}</style>", StringComparison.Ordinal)
            .Replace(
                "<!--script-->", $"<script type=\"module\">{code}</script>",
                StringComparison.Ordinal);
        return new SelfContainedPage(html, policy);
    }

    private static string Source(string text) =>
        "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
