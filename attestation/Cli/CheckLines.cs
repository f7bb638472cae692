using System.Text.Json;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>Shows a list of checks: one line each, faults with what was expected and found.</summary>
internal static class CheckLines
{
    private const int NameColumns = 20;

    public static void Show(Screen screen, IEnumerable<VerificationCheck> checks)
    {
        foreach (VerificationCheck check in checks)
        {
            string name = check.Rule.Code();
            switch (check)
            {
                case VerificationCheck.Passed:
                    screen.Say($"  [green]✓[/] {name,-NameColumns} [grey]{RuleText.Of(check.Rule)}[/]");
                    break;
                case VerificationCheck.Failed failed:
                    screen.Say($"  [red]✗ {name,-NameColumns} not so: {RuleText.Of(check.Rule)}[/]");
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
