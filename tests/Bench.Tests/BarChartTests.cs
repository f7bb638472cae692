using System.Globalization;
using System.Xml.Linq;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Tests;

public class BarChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly (BarKind, string)[] Key =
        [(BarKind.Own, "our own"), (BarKind.Other, "another")];

    [Fact]
    public void The_longest_range_of_a_panel_fills_it_and_the_others_keep_their_proportion()
    {
        XElement svg = Draw(
            new Bar("a", new Spread(100, 50, 200), "", BarKind.Own),
            new Bar("b", new Spread(20, 20, 20), "", BarKind.Other));

        Assert.Equal([BarChartSvg.BarLength / 2.0, BarChartSvg.BarLength / 10.0], BarLengths(svg));
    }

    [Fact]
    public void A_bar_too_short_to_see_is_drawn_all_the_same()
    {
        XElement svg = Draw(
            new Bar("a", new Spread(1_000_000, 1_000_000, 1_000_000), "", BarKind.Own),
            new Bar("b", new Spread(7, 7, 7), "", BarKind.Other));

        Assert.All(BarLengths(svg), length => Assert.True(length >= 1));
    }

    [Fact]
    public void Words_may_have_any_characters()
    {
        XElement svg = Draw(new Bar("<a> & \"b\"", new Spread(1, 1, 1), "5 < 6", BarKind.Weaker));

        string[] words = [.. svg.Elements(Svg + "text").Select(text => text.Value)];
        Assert.Contains("<a> & \"b\"", words);
        Assert.Contains("1.00 5 < 6", words);
    }

    [Fact]
    public void The_file_has_a_dark_side_and_needs_nothing_from_elsewhere()
    {
        XElement svg = Draw(new Bar("a", new Spread(1, 1, 1), "", BarKind.Limit));

        string style = svg.Element(Svg + "style")!.Value;
        Assert.Contains("prefers-color-scheme:dark", style, StringComparison.Ordinal);
        Assert.DoesNotContain(
            svg.Descendants(), element => element.Name.LocalName is "script" or "image");
    }

    [Fact]
    public void The_key_says_what_the_kinds_of_bars_stand_for()
    {
        XElement svg = Draw(new Bar("a", new Spread(1, 1, 1), "", BarKind.Own));

        string[] words = [.. svg.Elements(Svg + "text").Select(text => text.Value)];
        Assert.Contains("our own", words);
        Assert.Contains("another", words);
    }

    private static XElement Draw(params Bar[] bars) => XElement.Parse(
        BarChartSvg.Draw(
            new BarChart("title", "subtitle", [new BarPanel("panel", bars)], Key)));

    // The first rectangles are the ground and the key.
    private static IEnumerable<double> BarLengths(XElement svg) =>
        svg.Elements(Svg + "rect")
            .Skip(1 + Key.Length)
            .Select(bar => bar.Attribute("width")!.Value)
            .Select(width => double.Parse(width, CultureInfo.InvariantCulture));
}
