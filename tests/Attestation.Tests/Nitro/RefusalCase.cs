using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>A change to a good document and the rule that must then refuse it.</summary>
internal sealed record RefusalCase(
    string Name, AttestationRule Rule, params Action<TestNitroDocument>[] Changes)
{
    public Freshness Freshness { get; init; } = new Freshness.Archival();

    public override string ToString() => Name;
}
