using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Sequencer.Web.Tests;

/// <summary>The verifier as one file.</summary>
public partial class SelfContainedPageTests
{
    private static readonly string Html = Encoding.UTF8.GetString(
        SelfContainedPage.Verifier.Html.Span);

    [Fact]
    public void Its_policy_lets_in_its_own_script_and_style_and_nothing_else()
    {
        string policy = PolicyOf().Match(Html).Groups[1].Value;
        Assert.Equal(SelfContainedPage.Verifier.SecurityPolicy, policy);
        string script = ScriptOf().Match(Html).Groups[1].Value;
        string style = StyleOf().Match(Html).Groups[1].Value;
        Assert.Equal(
            $"default-src 'none'; script-src '{Source(script)}'; style-src '{Source(style)}'; "
            + "img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'",
            policy);
        Assert.True(Html.IndexOf(policy, StringComparison.Ordinal)
            < Html.IndexOf("<style>", StringComparison.Ordinal));
    }

    [Fact]
    public void It_names_no_other_file_and_has_no_handlers_in_its_markup()
    {
        string markup = ScriptOf().Replace(Html, "");
        Assert.DoesNotMatch(" (src|on[a-z]+|style)=", markup);
        Assert.All(
            Regex.Matches(markup, "href=\"([^\"]*)\""),
            link => Assert.StartsWith("data:", link.Groups[1].Value, StringComparison.Ordinal));
        Assert.DoesNotContain("@import", Html, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", Html, StringComparison.Ordinal);
        Assert.DoesNotContain("fetch(", Html, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_made_the_same_again()
    {
        SelfContainedPage again = SelfContainedPage.Make(
            new PageSources(typeof(SelfContainedPage).Assembly),
            "verifier.html", "verifier-page.js", ["style.css"], connect: "'none'");
        Assert.Equal(SelfContainedPage.Verifier.Html.ToArray(), again.Html.ToArray());
    }

    private static string Source(string text) =>
        "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex("http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"")]
    private static partial Regex PolicyOf();

    [GeneratedRegex("<script type=\"module\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex ScriptOf();

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StyleOf();
}
