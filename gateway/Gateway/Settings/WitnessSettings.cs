using System.Collections.Immutable;
using Sequencer.Attestation.Notes;

namespace Sequencer.Gateway.Settings;

/// <summary>How the log's witnesses are reached.</summary>
/// <param name="Witnesses">Those of the operator's policy, with their addresses.</param>
/// <param name="Timeout">A witness that takes longer gave no answer.</param>
/// <param name="Interval">Pause between two heads that are submitted.</param>
public sealed record WitnessSettings(
    ImmutableArray<PolicyWitness> Witnesses, TimeSpan Timeout, TimeSpan Interval)
{
    /// <summary>Those of a gateway whose operator named no witness.</summary>
    public static WitnessSettings None { get; } =
        new([], TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(250));
}
