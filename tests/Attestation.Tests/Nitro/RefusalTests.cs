using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

public class RefusalTests
{
    public static TheoryData<string> CaseNames => [.. RefusalCases.All.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void A_document_that_breaks_one_rule_is_refused_by_that_rule(string name)
    {
        RefusalCase refusalCase = RefusalCases.All[name];
        var document = new TestNitroDocument();
        foreach (Action<TestNitroDocument> change in refusalCase.Changes) change(document);
        byte[] bytes = document.Build();

        bool verified = NitroAttestationVerifier
            .Verify(
                bytes,
                new PcrPolicy(TestNitroDocument.Measurements()),
                document.Trusted,
                refusalCase.Freshness)
            .TryGet(out _, out AttestationRefusal? refusal);

        Assert.False(verified);
        Assert.Equal(refusalCase.Rule, refusal!.Rule);
        Assert.Contains(refusalCase.Rule.ToString(), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_has_a_case()
    {
        IEnumerable<AttestationRule> covered = RefusalCases.All.Values.Select(c => c.Rule)
            .Append(AttestationRule.NotDebugMode); // See VerifierTests: another entry point.

        Assert.Empty(Enum.GetValues<AttestationRule>().Except(covered));
    }
}
