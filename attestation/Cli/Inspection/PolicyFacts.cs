using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Inspection;

/// <summary>What a trust policy trusts.</summary>
internal static class PolicyFacts
{
    public static Facts Of(TrustPolicy policy)
    {
        var facts = new Facts("Trust policy");
        facts.Add("log id", policy.LogId.ToHex());
        facts.Add("origin", policy.Origin);
        facts.Add("cells max", policy.Configuration.CellsMax);
        facts.Add("idempotency window", policy.Configuration.IdempotencyWindow);
        foreach (AcceptedMeasurement accepted in policy.Measurements)
        {
            facts.Under($"image {accepted.Measurements.Name}", () =>
            {
                foreach ((int index, ReadOnlyMemory<byte> value) in accepted.Measurements.Pcrs)
                {
                    facts.Add($"pcr{index}", Convert.ToHexStringLower(value.Span));
                }
                if (accepted.NotAfterSize is { } size) facts.Add("not after size", size);
            });
        }
        int place = 1;
        foreach (TrustedRoot root in policy.Roots)
        {
            facts.Add($"root {place++}", root.ToString());
        }
        return facts;
    }
}
