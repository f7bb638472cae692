using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Tests;

public sealed class HttpAuditTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(600);
    private Func<SeenRequest, byte[], byte[]?> _edit = (_, bytes) => bytes;
    private string _edited = "";

    private ScriptedGateway Gateway => field ??= new(Answer);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_good_log_is_good_over_http()
    {
        _log.OpenEpoch();
        _log.Append(stream: "stream 1");
        AuditReport report = await AuditAsync();
        Assert.Empty(report.Faults);
        Assert.True(report.IsGood);
        Assert.Equal(_log.Size, report.Records);
        Assert.Equal(2u, report.Epochs);
        Assert.Contains(Gateway.Seen, s => s.Path == "/v1/tile/1/000.p/2");
    }

    [Theory]
    [InlineData("/v1/tile/entries/001")]
    [InlineData("/v1/tile/entries/002.p/89")]
    [InlineData("/v1/tile/0/001")]
    [InlineData("/v1/tile/1/000.p/2")]
    [InlineData("/v1/checkpoint")]
    public async Task One_flipped_bit_is_found(string path)
    {
        _edited = path;
        _edit = (_, bytes) =>
        {
            bytes[bytes.Length / 2] ^= 1;
            return bytes;
        };
        AuditReport report = await AuditAsync();
        Assert.False(report.IsGood);
        Assert.NotEmpty(report.Faults);
        Assert.Contains(Gateway.Seen, s => s.Path == path);
    }

    [Fact]
    public async Task A_bundle_that_is_gone_is_missing()
    {
        _edited = "/v1/tile/entries/001";
        _edit = (_, _) => null;
        AuditReport report = await AuditAsync();
        Assert.Contains(report.Faults, f => f.Rule == VerificationRule.Missing && f.Number == 256);
    }

    [Theory]
    [InlineData("/v1/tile/entries/000.p/101")]
    [InlineData("/v1/tile/0/000.p/101")]
    public async Task A_partial_tile_that_gave_way_is_cut_from_the_full_one(string partial)
    {
        using TestLog young = TestLog.WithEntries(100);
        using var later = new HttpClient(new ScriptedGateway(seen =>
            seen.Path == partial
                ? ScriptedGateway.Problem("not-found", 404)
                : seen.Path == partial[..^".p/101".Length]
                    ? Padded(young, seen)
                    : ServedLog.Answer(young, seen)))
        { BaseAddress = new Uri("http://gateway.example") };
        AuditReport report = await new LogAuditor(young.Policy)
            .AuditAsync(new HttpAuditSource(later));
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task A_checkpoint_that_claims_too_much_does_not_keep_the_auditor()
    {
        var source = new HttpAuditSource(Gateway.Http());
        ulong read = 0;
        await foreach (AuditRecords records in source.ReadRecordsAsync(1UL << 60, default))
        {
            read += (ulong)records.Bundle.Length;
        }
        Assert.True(read > 0);
        Assert.Single(source.Notes);
        Assert.InRange(Gateway.Seen.Count, 1, HttpAuditSource.MissingBundlesMax + 10);
    }

    [Fact]
    public async Task A_gateway_that_is_gone_is_an_exception()
    {
        using var http = new HttpClient(new ScriptedGateway(
            _ => throw new HttpRequestException("refused")))
        { BaseAddress = new Uri("http://gateway.example") };
        await Assert.ThrowsAsync<GatewayUnreachableException>(() =>
            new LogAuditor(_log.Policy).AuditAsync(new HttpAuditSource(http, new ImpatientTime())));
    }

    private Task<AuditReport> AuditAsync() =>
        new LogAuditor(_log.Policy).AuditAsync(new HttpAuditSource(Gateway.Http()));

    private HttpResponseMessage Answer(SeenRequest seen)
    {
        HttpResponseMessage answer = ServedLog.Answer(_log, seen);
        if (seen.Path != _edited) return answer;
        using var copy = new MemoryStream();
        answer.Content.CopyTo(copy, null, default);
        return _edit(seen, copy.ToArray()) is { } bytes
            ? ScriptedGateway.Bytes(bytes)
            : ScriptedGateway.Problem("not-found", 404);
    }

    // What grew after the checkpoint: of no interest to this audit, whatever it is.
    private static HttpResponseMessage Padded(TestLog log, SeenRequest seen)
    {
        SeenRequest partial = seen with { Path = seen.Path + ".p/101" };
        using var copy = new MemoryStream();
        ServedLog.Answer(log, partial).Content.CopyTo(copy, null, default);
        copy.Write(new byte[64]);
        return ScriptedGateway.Bytes(copy.ToArray());
    }
}
