using System.Text.Json;

namespace Sequencer.Cli.Doctor;

/// <summary>Shows what was found, to people or programs.</summary>
internal static class FindingReport
{
    private const int CheckColumns = 20;

    /// <summary>How many findings are of a level.</summary>
    public static int Count(IReadOnlyList<Finding> all, FindingLevel level) =>
        all.Count(finding => finding.Level == level);

    /// <summary>One line each, what to do below it, and the sum.</summary>
    public static void Show(Screen screen, IReadOnlyList<Finding> all)
    {
        foreach (Finding finding in all)
        {
            (string mark, string colour) = finding.Level switch
            {
                FindingLevel.Good => ("✓", "green"),
                FindingLevel.NotChecked => ("–", "grey"),
                FindingLevel.Warning => ("!", "yellow"),
                _ => ("✗", "red"),
            };
            screen.Say(
                $"  [{colour}]{mark}[/] {finding.Check,-CheckColumns} {Screen.Plain(finding.Text)}");
            if (finding.Advice.Length > 0) screen.Say($"      → {Screen.Plain(finding.Advice)}");
        }
        int problems = Count(all, FindingLevel.Problem);
        int warnings = Count(all, FindingLevel.Warning);
        screen.Say($"{Counted.Of(problems, "problem")}, {Counted.Of(warnings, "warning")}.");
    }

    /// <summary>The sums, and an array of the findings.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<Finding> all)
    {
        json.WriteStartObject();
        json.WriteNumber("problems", Count(all, FindingLevel.Problem));
        json.WriteNumber("warnings", Count(all, FindingLevel.Warning));
        json.WriteStartArray("findings");
        foreach (Finding finding in all)
        {
            json.WriteStartObject();
            json.WriteString("check", finding.Check);
            json.WriteString("level", finding.Level switch
            {
                FindingLevel.Good => "ok",
                FindingLevel.NotChecked => "not_checked",
                FindingLevel.Warning => "warning",
                _ => "problem",
            });
            json.WriteString("text", finding.Text);
            if (finding.Advice.Length > 0) json.WriteString("advice", finding.Advice);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
