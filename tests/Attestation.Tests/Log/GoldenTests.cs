using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

public class GoldenTests
{
    /// <summary>
    /// With SEQUENCER_WRITE_GOLDEN=1 example and section 18 are made anew before they are checked.
    /// </summary>
    static GoldenTests()
    {
        if (Environment.GetEnvironmentVariable("SEQUENCER_WRITE_GOLDEN") is null) return;
        GoldenExample.Write();
        string page = File.ReadAllText(GoldenExample.ProtocolPath);
        int at = page.IndexOf(GoldenExample.Heading.TrimEnd('\n'), StringComparison.Ordinal);
        File.WriteAllText(GoldenExample.ProtocolPath, page[..at] + GoldenExample.Section());
    }

    [Fact]
    public void The_example_verifies_in_both_forms()
    {
        Assert.True(TrustPolicy.TryParse(
            GoldenExample.Read("trust-policy.json"), out TrustPolicy? policy, out _));
        Assert.True(policy.HasInsecureDevelopmentRoots);
        PayloadClaim payload = PayloadClaim.Of(Encoding.UTF8.GetBytes(GoldenExample.Payload));
        foreach (string name in new[] { "receipt-2.json", "receipt-2.tlog-proof" })
        {
            var report = new LogVerifier(policy).VerifyReceipt(GoldenExample.Read(name), payload);
            Assert.Empty(report.Faults);
            Assert.True(report.TryGet(out VerifiedEntry? entry));
            Assert.Equal(2u, entry.Number);
            Assert.Equal([new StreamVersion("orders", 1)], entry.Streams.ToArray());
            Assert.Equal("order-placed", entry.Metadata!.Type);
        }
    }

    [Fact]
    public void Encoders_write_the_golden_bytes()
    {
        Receipt receipt = GoldenExample.Receipt();
        Assert.Equal(GoldenExample.Read("receipt-2.json"), receipt.Encode());
        Assert.True(ReceiptTlogProof.TryEncode(receipt, out byte[]? proof));
        Assert.Equal(GoldenExample.Read("receipt-2.tlog-proof"), proof);
        Assert.Equal(GoldenExample.Records()[2], receipt.Record.ToArray());

        Assert.True(EpochStatement.TryParse(GoldenExample.Records()[0], out var statement));
        Assert.Equal(
            GoldenExample.Records()[0], EpochStatement.Create(statement.Fields).Bytes.ToArray());
        Assert.True(TrustPolicy.TryParse(
            GoldenExample.Read("trust-policy.json"), out TrustPolicy? policy, out _));
        Assert.Equal(GoldenExample.Read("trust-policy.json"), policy.ToJson());
    }

    [Fact]
    public void The_protocol_page_shows_the_golden_bytes()
    {
        string page = File.ReadAllText(GoldenExample.ProtocolPath);
        int at = page.IndexOf(GoldenExample.Heading, StringComparison.Ordinal);
        int next = page.IndexOf("\n\n## ", at, StringComparison.Ordinal);
        string shown = next < 0 ? page[at..] : page[at..(next + 1)];
        Assert.Equal(GoldenExample.Section(), shown);
    }

    [Fact]
    public void The_checklist_names_every_refusal()
    {
        string folder = Path.GetDirectoryName(GoldenExample.ProtocolPath)!;
        string page = File.ReadAllText(Path.Combine(folder, "VERIFYING.md"));
        IEnumerable<string> names = Enum.GetValues<VerificationRule>().Select(r => r.Code())
            .Concat(Enum.GetNames<AttestationRule>());
        Assert.All(names, n => Assert.Contains($"`{n}`", page, StringComparison.Ordinal));
    }
}
