using System.Text.Json;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Tests.Nitro;

namespace Sequencer.Web.Tests;

/// <summary>Attestation documents alone: every rule, and genuine ones from the field.</summary>
public class DocumentTests
{
    [NodeFact]
    public async Task A_document_that_breaks_one_rule_is_refused_by_that_rule()
    {
        var expected = new List<string>();
        var cases = new List<object>();
        // A receipt's document is judged at its own time, so what only a live check asks is left out.
        foreach (RefusalCase refusal in
            RefusalCases.All.Values.Where(c => c.Freshness is Freshness.Archival))
        {
            var document = new TestNitroDocument();
            foreach (Action<TestNitroDocument> change in refusal.Changes) change(document);
            byte[] bytes = document.Build();
            cases.Add(Case(document.Trusted.Der, TestNitroDocument.Measurements(), bytes));
            expected.Add(refusal.Name + ": " + refusal.Rule);
        }
        JsonElement[] answers = await BrowserVerifier.RunAsync([], cases);
        Assert.Equal(
            expected,
            expected.Zip(answers, (e, a) => e.Split(": ")[0] + ": " + a.GetString()));
    }

    [NodeFact(needsVectors: true)]
    public async Task Genuine_documents_are_judged_alike_under_the_root_of_AWS()
    {
        VectorRow[] rows = [.. VectorRow.All];
        var cases = new List<object>();
        var expected = new List<string>();
        foreach (VectorRow row in rows)
        {
            byte[] bytes = row.Read();
            MeasurementSet own = row.IsProduction
                ? OracleDocument.Read(bytes).Policy.Accepted[0]
                : TestNitroDocument.Measurements();
            cases.Add(Case(TrustedRoot.AwsNitroEnclavesG1.Der, own, bytes));
            bool holds = NitroAttestationVerifier
                .Verify(
                    bytes, new PcrPolicy(own), TrustedRoot.AwsNitroEnclavesG1,
                    new Freshness.Archival())
                .TryGet(out _, out AttestationRefusal? refusal);
            Assert.Equal(row.IsProduction, holds);
            expected.Add($"{row.File} {refusal?.Rule}");
        }
        JsonElement[] answers = await BrowserVerifier.RunAsync([], cases);
        Assert.Equal(expected, rows.Zip(answers, (row, answer) => $"{row.File} {answer}"));
    }

    private static object Case(
        ReadOnlyMemory<byte> root, MeasurementSet measurements, byte[] document) => new
        {
            root = root.ToArray(),
            pcrs = measurements.Pcrs.ToDictionary(
                p => p.Key.ToString(System.Globalization.CultureInfo.InvariantCulture),
                p => p.Value.ToArray()),
            document,
        };
}
