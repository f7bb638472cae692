using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sequencer.Gateway.Tests.Documented;

/// <summary>The JSON objects that docs/HTTP.md shows, and what they say of an answer.</summary>
internal static partial class AnswerSamples
{
    /// <summary>In blocks and in lines, each once, in the page's order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Sample().Matches(Checkout.Read("docs/HTTP.md"))
            .Select(match => Blank().Replace(match.Groups["json"].Value, ""))
            .Distinct(),
    ];

    /// <summary>
    /// An answer has a sample's members, in its order, and so have the objects within, where the
    /// sample shows them. What stands for something (<c>…</c>, <c>n</c>, <c>B</c>) may be anything.
    /// </summary>
    public static void AssertShows(string sample, JsonElement answer)
    {
        string json = Placeholder().Replace(sample, "null");
        using JsonDocument shown = JsonDocument.Parse(json);
        AssertShows(shown.RootElement, answer, sample);
    }

    private static void AssertShows(JsonElement shown, JsonElement answer, string sample)
    {
        switch (shown.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(NamesOf(shown), NamesOf(answer));
                foreach (JsonProperty member in shown.EnumerateObject())
                {
                    AssertShows(member.Value, answer.GetProperty(member.Name), sample);
                }
                break;
            case JsonValueKind.Array:
                Assert.Equal(JsonValueKind.Array, answer.ValueKind);
                JsonElement[] expected = [.. shown.EnumerateArray()];
                JsonElement[] actual = [.. answer.EnumerateArray()];
                if (expected.All(e => e.ValueKind != JsonValueKind.Object)) break;
                Assert.Equal(expected.Length, actual.Length);
                for (int i = 0; i < expected.Length; i++) AssertShows(expected[i], actual[i], sample);
                break;
            case JsonValueKind.Null:
                break;
            default:
                Assert.True(shown.ValueKind == answer.ValueKind, $"{sample}: {answer}");
                break;
        }
    }

    private static string[] NamesOf(JsonElement element) =>
        [.. element.EnumerateObject().Select(member => member.Name)];

    // Begins with a member's name; ends where a block or a span of code ends.
    [GeneratedRegex("""`(json\n)?(?<json>\{"[^`]*\})\n?`""", RegexOptions.ExplicitCapture)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<=,)\s+""")]
    private static partial Regex Blank();

    [GeneratedRegex("""\{…\}|\[…\]|"…"|(?<=:)(n|B)(?=[,}])""", RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();
}
