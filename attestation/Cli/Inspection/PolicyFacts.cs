using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Inspection;

/// <summary>What a trust policy, or the measurements of an image, trust.</summary>
internal static class PolicyFacts
{
    public static Facts Of(TrustPolicy policy)
    {
        var facts = new Facts("Trust policy");
        facts.Add("log id", policy.LogId.ToHex());
        facts.Add("origin", policy.Origin);
        facts.Add("cells max", policy.Configuration.CellsMax);
        facts.Add("idempotency window", policy.Configuration.IdempotencyWindow);
        AddImages(facts, policy.Images);
        if (policy.Witnesses is { } witnesses)
        {
            foreach (PolicyWitness witness in witnesses.Witnesses)
            {
                facts.Add($"witness {witness.Name}", witness.Key.ToString());
            }
            facts.Add("quorum", witnesses.ToString());
        }
        return facts;
    }

    /// <summary>Which images measurements trust; no log.</summary>
    public static Facts Of(TrustedImages images)
    {
        var facts = new Facts("Measurements of an image");
        AddImages(facts, images);
        return facts;
    }

    private static void AddImages(Facts facts, TrustedImages images)
    {
        foreach (AcceptedMeasurement accepted in images.Measurements)
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
        foreach (TrustedRoot root in images.Roots)
        {
            facts.Add($"root {place++}", root.ToString());
        }
    }
}
