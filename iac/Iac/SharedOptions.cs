using System.CommandLine;

namespace Sequencer.Iac;

/// <summary>Options that are no settings, each with one meaning for every command.</summary>
internal static class SharedOptions
{
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print the result, or the failure, as one JSON document",
        Recursive = true,
    };

    public static Option<bool> Yes { get; } = new("--yes", "-y")
    {
        Description = "Do not ask before",
    };

    public static Option<bool> DryRun { get; } = new("--dry-run")
    {
        Description = "Check everything and say what would be done; do nothing",
    };
}
