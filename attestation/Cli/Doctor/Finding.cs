namespace Sequencer.Cli.Doctor;

/// <summary>How bad a finding is.</summary>
public enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Could not be looked at, and why.</summary>
    NotChecked,

    /// <summary>Works, and should be looked into.</summary>
    Warning,

    /// <summary>Does not work, or is not what it claims to be.</summary>
    Problem,
}

/// <summary>What one check of a deployment found.</summary>
/// <param name="Level">How bad it is.</param>
/// <param name="Check">Stable name of the check.</param>
/// <param name="Text">What was found, for people.</param>
/// <param name="Advice">What to do; empty where there is nothing to do.</param>
internal sealed record Finding(FindingLevel Level, string Check, string Text, string Advice);

/// <summary>The findings so far, in order.</summary>
internal sealed class Findings
{
    private readonly List<Finding> _all = [];

    public IReadOnlyList<Finding> All => _all;

    /// <summary>As it should be.</summary>
    public void Good(string check, string text) => Add(FindingLevel.Good, check, text, "");

    /// <summary>Not looked at.</summary>
    public void NotChecked(string check, string text) =>
        Add(FindingLevel.NotChecked, check, text, "");

    /// <summary>To be looked into.</summary>
    public void Warning(string check, string text, string advice) =>
        Add(FindingLevel.Warning, check, text, advice);

    /// <summary>Wrong.</summary>
    public void Problem(string check, string text, string advice) =>
        Add(FindingLevel.Problem, check, text, advice);

    private void Add(FindingLevel level, string check, string text, string advice) =>
        _all.Add(new Finding(level, check, text, advice));
}
