using System.Security.Cryptography;
using Sequencer.Attestation;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Nitro;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Client.Tests;

public sealed class LiveAttestationTests : IDisposable
{
    private static readonly byte[] Nonce = SHA256.HashData("nonce"u8);

    private readonly TestLog _log = TestLog.WithEntries(3);
    private Func<SeenRequest, HttpResponseMessage?> _instead = _ => null;

    private ScriptedGateway Gateway => field ??= new(
        seen => _instead(seen) ?? ServedLog.Answer(_log, seen));

    private SequencerClient Client => new(Gateway.Http(), _log.Policy, new DocumentTime());

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_document_for_the_callers_nonce_is_verified()
    {
        LiveAttestation live = await Client.GetAttestationAsync(Nonce);
        Assert.Equal((4UL, _log.RootAt(4)), (live.Verified!.Size, live.Verified.Root));
        Assert.Equal(Nonce, live.Verified.Attestation.Nonce!.Value.ToArray());
    }

    [Fact]
    public async Task Without_a_nonce_the_client_chooses_a_new_one_each_time()
    {
        LiveAttestation first = await Client.GetAttestationAsync();
        LiveAttestation second = await Client.GetAttestationAsync();
        byte[] nonce = first.Verified!.Attestation.Nonce!.Value.ToArray();
        Assert.Equal(32, nonce.Length);
        Assert.NotEqual(nonce, second.Verified!.Attestation.Nonce!.Value.ToArray());
        Assert.EndsWith(
            $"?nonce={Convert.ToHexStringLower(nonce)}", Gateway.Seen[0].Path,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_made_for_another_nonce_is_refused()
    {
        byte[] stale = _log.LiveDocument(SHA256.HashData("another caller"u8));
        var refused = await RefusesAsync(stale, 4, _log.RootAt(4));
        var fault = Assert.Single(refused.Report.Faults);
        Assert.Equal(
            (Rule.Attestation, AttestationRule.NonceMismatch),
            (fault.Rule, fault.Attestation?.Rule));
        Assert.Equal(stale, refused.Attestation.Document.ToArray());
    }

    [Fact]
    public async Task The_epochs_document_is_no_answer()
    {
        var refused = await RefusesAsync(_log.Epochs[0].Document, 4, _log.RootAt(4));
        Assert.Equal([Rule.Attestation, Rule.LiveDomain], refused.Report.Faults.Select(f => f.Rule));
    }

    [Fact]
    public async Task Another_size_or_root_than_the_documents_is_refused()
    {
        byte[] document = _log.LiveDocument(Nonce);
        Assert.True((await RefusesAsync(document, 4, Digest.Zero)).Report.IsGood);
        Assert.True((await RefusesAsync(document, 3, _log.RootAt(4))).Report.IsGood);
    }

    [Fact]
    public async Task Another_logs_enclave_is_refused()
    {
        using TestLog other = TestLog.WithEntries(3);
        _instead = seen => ServedLog.Answer(other, seen);
        var refused = await Assert.ThrowsAsync<UnverifiedAttestationException>(
            () => Client.GetAttestationAsync(Nonce));
        Assert.Equal([Rule.LogId], refused.Report.Faults.Select(f => f.Rule));
    }

    [Fact]
    public async Task A_client_without_verification_takes_what_it_gets()
    {
        var client = SequencerClient.WithoutVerification(Gateway.Http());
        LiveAttestation kept = await client.GetAttestationAsync();
        Assert.Null(kept.Verified);
        Assert.Equal(_log.Epochs[0].Document, kept.Document.ToArray());
        Assert.Null((await client.GetAttestationAsync(Nonce)).Verified);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(65)]
    public async Task A_nonce_of_another_length_is_not_sent(int length)
    {
        await Assert.ThrowsAsync<ArgumentException>(
            () => Client.GetAttestationAsync(new byte[length]));
        Assert.Empty(Gateway.Seen);
    }

    private async Task<UnverifiedAttestationException> RefusesAsync(
        byte[] document, ulong size, Digest root)
    {
        _instead = _ => ScriptedGateway.Json(ServedLog.Attestation(_log, document, size, root));
        return await Assert.ThrowsAsync<UnverifiedAttestationException>(
            () => Client.GetAttestationAsync(Nonce));
    }

    /// <summary>The time at which the test's certificates hold.</summary>
    private sealed class DocumentTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => TestNitroPki.Now;
    }
}
