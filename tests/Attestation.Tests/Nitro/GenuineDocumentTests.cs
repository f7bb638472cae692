using System.Security.Cryptography.X509Certificates;
using Sequencer.Attestation.Nitro;
using Xunit.Abstractions;

namespace Sequencer.Attestation.Tests.Nitro;

public class GenuineDocumentTests(ITestOutputHelper output)
{
    private static readonly Freshness Archival = new Freshness.Archival();

    private static readonly Dictionary<string, AttestationRule> Refused = new()
    {
        ["tpm-20260201-lockboot-vaportpm.bin"] = AttestationRule.NitroTpm,
        ["NEG-20210909-fortanix-rust-sgx.bin"] = AttestationRule.CoseSignature,
        ["NEG-00000000-fortanix-rust-sgx.bin"] = AttestationRule.CertificateMalformed,
        ["NEG-20221109-veracruz-project-go-nitro-enclave-attestatio.bin"] =
            AttestationRule.CoseSignature,
        ["NEG-1970-brave-nitriding.bin"] = AttestationRule.UnprotectedHeader,
        ["NEG-1970-blocky-nitrite.bin"] = AttestationRule.UnprotectedHeader,
        ["NEG-20241213-marlinprotocol-oyster-monorepo.bin"] = AttestationRule.RootNotTrusted,
    };

    [VectorFact]
    public void Every_production_document_verifies_against_its_own_PCRs()
    {
        VectorRow[] rows = [.. VectorRow.All.Where(r => r.IsProduction)];
        Assert.NotEmpty(rows);
        foreach (VectorRow row in rows)
        {
            byte[] document = row.Read();
            OracleDocument oracle = OracleDocument.Read(document);

            bool holds = Verify(document, oracle.Policy).TryGet(out var verified, out var refusal);

            Assert.True(holds, $"{row.File}: {refusal}");
            Assert.Equal(row.ModuleId, verified!.ModuleId);
            Assert.Equal(row.Time, $"{verified.Timestamp:yyyy-MM-dd HH:mm:ss}");
            Assert.Equal(row.LeafNotBefore, $"{verified.LeafNotBefore:yyyy-MM-dd HH:mm:ss}");
            Assert.Equal(row.LeafNotAfter, $"{verified.LeafNotAfter:yyyy-MM-dd HH:mm:ss}");
            Assert.Equal(row.PcrCount, verified.Pcrs.Count);
            Assert.Equal(row.NonZeroPcrs, verified.Pcrs
                .Where(p => p.Value.Span.ContainsAnyExcept((byte)0)).Select(p => p.Key));
            Assert.Equal(row.PublicKey, Length(verified.PublicKey));
            Assert.Equal(row.UserData, Length(verified.UserData));
            Assert.Equal(row.Nonce, Length(verified.Nonce));
        }
        output.WriteLine($"{rows.Length} production documents verified.");
    }

    [VectorFact]
    public void Every_debug_document_passes_only_through_the_insecure_entry()
    {
        VectorRow[] rows = [.. VectorRow.All.Where(r => r.IsDebug)];
        Assert.NotEmpty(rows);
        var policy = new PcrPolicy(TestNitroDocument.Measurements());
        foreach (VectorRow row in rows)
        {
            byte[] document = row.Read();

            Assert.False(Verify(document, policy).TryGet(out _, out var refusal));
            Assert.Equal(AttestationRule.DebugMode, refusal.Rule);
            Assert.True(NitroAttestationVerifier
                .VerifyInsecureDebugMode(document, TrustedRoot.AwsNitroEnclavesG1, Archival)
                .TryGet(out var insecure, out refusal), $"{row.File}: {refusal}");
            Assert.Equal(row.ModuleId, insecure.Document.ModuleId);
        }
    }

    [VectorFact]
    public void Every_other_document_is_refused_by_the_rule_that_it_breaks()
    {
        VectorRow[] rows = [.. VectorRow.All.Where(r => !r.IsProduction && !r.IsDebug)];
        Assert.Equal(Refused.Keys.Order(), rows.Select(r => r.File).Order());
        var policy = new PcrPolicy(TestNitroDocument.Measurements());
        foreach (VectorRow row in rows)
        {
            Assert.False(Verify(row.Read(), policy).TryGet(out _, out var refusal));
            Assert.True(Refused[row.File] == refusal.Rule, $"{row.File}: {refusal}");
            output.WriteLine($"{row.File}: {refusal.Message}");
        }
    }

    [VectorFact]
    public void A_second_CBOR_reader_reads_the_same_from_every_genuine_document()
    {
        foreach (VectorRow row in VectorRow.All.Where(r => r.IsProduction || r.IsDebug))
        {
            byte[] document = row.Read();
            OracleDocument oracle = OracleDocument.Read(document);
            Assert.True(UnverifiedAttestation.TryParse(document, out var ours, out _));

            Assert.Equal(oracle.Pcrs.Keys, ours.Pcrs.Keys);
            Assert.Equal(oracle.Pcrs.Values, ours.Pcrs.Values.Select(p => p.ToArray()));
            Assert.Equal(oracle.Certificate, ours.Certificate.ToArray());
            Assert.Equal(oracle.CaBundle, ours.CaBundle.Select(c => c.ToArray()));
            Assert.Equal(oracle.PublicKey, ours.PublicKey?.ToArray());
            Assert.Equal(oracle.UserData, ours.UserData?.ToArray());
            Assert.Equal(oracle.Nonce, ours.Nonce?.ToArray());
        }
    }

    [VectorFact]
    public void The_platforms_chain_engine_agrees_on_every_genuine_document()
    {
        foreach (VectorRow row in VectorRow.All.Where(r => r.IsProduction || r.IsDebug))
        {
            OracleDocument oracle = OracleDocument.Read(row.Read());
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationTime = oracle.Timestamp.UtcDateTime;
            chain.ChainPolicy.VerificationTimeIgnored = false;
            chain.ChainPolicy.CustomTrustStore.Add(Load(oracle.CaBundle[0]));
            foreach (byte[] issuer in oracle.CaBundle.Skip(1))
            {
                chain.ChainPolicy.ExtraStore.Add(Load(issuer));
            }
            Assert.True(chain.Build(Load(oracle.Certificate)), row.File);
            Assert.Equal(5, chain.ChainElements.Count);
        }
    }

    [VectorFact]
    public void Time_for_one_verification_is_printed()
    {
        const int Runs = 100;
        byte[] document = VectorRow.All.Last(r => r.IsProduction).Read();
        PcrPolicy policy = OracleDocument.Read(document).Policy;
        Verify(document, policy);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < Runs; i++) Assert.True(Verify(document, policy).TryGet(out _, out _));
        TimeSpan elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{elapsed.TotalMilliseconds / Runs:F3} ms a verification");
    }

    private static AttestationResult<VerifiedAttestation> Verify(
        byte[] document, PcrPolicy policy) =>
        NitroAttestationVerifier.Verify(
            document, policy, TrustedRoot.AwsNitroEnclavesG1, Archival);

    private static X509Certificate2 Load(byte[] der) => X509CertificateLoader.LoadCertificate(der);

    private static string Length(ReadOnlyMemory<byte>? option) =>
        option is { } bytes
            ? bytes.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : "null";
}
