namespace Sequencer.Iac;

/// <summary>The result of <c>--dry-run</c>: what would have been done.</summary>
internal static class DryRun
{
    /// <summary>Tells it.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="would">What follows "Would", without a full stop.</param>
    public static int Tell(Screen screen, string would)
    {
        if (!screen.IsJson)
        {
            screen.Say(Screen.Plain($"Would {would}."));
            return ExitCodes.Good;
        }
        screen.WriteJson(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("dry_run", true);
            json.WriteString("would", would);
            json.WriteEndObject();
        });
        return ExitCodes.Good;
    }
}
