using System.Text.Json;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>Audits of a log by its address, under a policy that asks for the quorum.</summary>
public sealed class AuditByAddressTests
{
    [Fact]
    public async Task A_log_that_never_rests_is_good_up_to_its_newest_cosigned_head()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement witnessed = await log.AppendAsync("witnessed");
        await log.RestartEnclaveAsync();
        await WitnessedLogFixture.WaitForSizeAsync(log.Gateway, 3);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        await log.AppendAsync("of the next epoch");
        log.Reach(Reach.Away);
        for (int i = 0; i < 300; i++) await log.AppendAsync($"durable {i}", "durable");
        AuditReport report = await AuditAsync(log, log.Gateway.Http, witnessed);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        Assert.Equal(4ul, report.Records);

        // More is there, and the policy does not believe it.
        using var newest = new HttpClient(new DurableHeads());
        newest.BaseAddress = log.Gateway.Http.BaseAddress;
        report = await AuditAsync(log, newest, witnessed);
        Assert.Equal([VerificationRule.WitnessQuorum], report.FaultCounts.Keys);

        log.Reach(Reach.Open);
        await WitnessedLogFixture.WaitForCosignedAsync(log.Gateway, 304);
        report = await AuditAsync(log, log.Gateway.Http, witnessed);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        Assert.Equal(304ul, report.Records);
    }

    private static Task<AuditReport> AuditAsync(
        WitnessedLogFixture log, HttpClient http, params JsonElement[] held) =>
        log.AuditAsync(new HttpAuditSource(http), held);

    private sealed class DurableHeads : DelegatingHandler
    {
        public DurableHeads()
            : base(new HttpClientHandler())
        {
        }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == "/v1/checkpoint")
            {
                request.RequestUri = new Uri(request.RequestUri, "/v1/checkpoint?head=durable");
            }
            return base.SendAsync(request, cancellationToken);
        }
    }
}
