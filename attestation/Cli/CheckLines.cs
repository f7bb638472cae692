using System.Text.Json;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>
/// Shows a list of checks: one line each, faults with what was expected and found.
/// </summary>
internal static class CheckLines
{
    private const int NameColumns = 20;

    // What a first fault leaves undone is told in one line, not one for each rule.
    private const int NotCheckedMax = 3;

    /// <summary>Writes the lines.</summary>
    public static void Show(Screen screen, IEnumerable<VerificationCheck> checks)
    {
        VerificationCheck[] all = [.. checks];
        ILookup<string, VerificationCheck.NotChecked> byReason =
            all.OfType<VerificationCheck.NotChecked>().ToLookup(c => c.Reason);
        foreach (VerificationCheck check in all)
        {
            if (check is VerificationCheck.NotChecked left
                && byReason[left.Reason].Count() is var count and > NotCheckedMax)
            {
                if (byReason[left.Reason].First() != left) continue;
                screen.Say(
                    $"  [grey]– {count} more are not checked: {Screen.Plain(left.Reason)}[/]");
                continue;
            }
            string name = check.Rule.Code();
            switch (check)
            {
                case VerificationCheck.Passed:
                    screen.Say(
                        $"  [green]✓[/] {name,-NameColumns} [grey]{RuleText.Of(check.Rule)}[/]");
                    break;
                case VerificationCheck.Failed failed:
                    screen.Say(
                        $"  [red]✗ {name,-NameColumns} not true: {RuleText.Of(check.Rule)}[/]");
                    if (failed.Attestation is { } attestation)
                    {
                        screen.Say($"      rule      {Screen.Plain(attestation.Rule.ToString())}");
                    }
                    screen.Say($"      expected  {Screen.Plain(failed.Expected)}");
                    screen.Say($"      found     {Screen.Plain(failed.Actual)}");
                    break;
                case VerificationCheck.NotChecked notChecked:
                    string reason = Screen.Plain(notChecked.Reason);
                    screen.Say($"  [grey]– {name,-NameColumns} not checked: {reason}[/]");
                    break;
            }
        }
    }

    /// <summary>The array <c>checks</c>, with every rule.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<VerificationCheck> checks)
    {
        json.WriteStartArray("checks");
        foreach (VerificationCheck check in checks)
        {
            json.WriteStartObject();
            json.WriteString("rule", check.Rule.Code());
            switch (check)
            {
                case VerificationCheck.Passed:
                    json.WriteString("result", "passed");
                    break;
                case VerificationCheck.Failed failed:
                    json.WriteString("result", "failed");
                    if (failed.Attestation is { } attestation)
                    {
                        json.WriteString("attestation_rule", attestation.Rule.ToString());
                    }
                    json.WriteString("expected", failed.Expected);
                    json.WriteString("found", failed.Actual);
                    break;
                case VerificationCheck.NotChecked notChecked:
                    json.WriteString("result", "not_checked");
                    json.WriteString("reason", notChecked.Reason);
                    break;
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
