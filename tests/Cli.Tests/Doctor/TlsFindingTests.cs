using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Sequencer.Cli.Doctor;

namespace Sequencer.Cli.Tests.Doctor;

public class TlsFindingTests
{
    [Theory]
    [InlineData(100, FindingLevel.Good)]
    [InlineData(20, FindingLevel.Warning)]
    [InlineData(-1, FindingLevel.Problem)]
    public async Task A_certificate_is_judged_by_its_end_and_by_who_trusts_it(
        int daysLeft, FindingLevel level)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate =
            request.CreateSelfSigned(now.AddDays(-200), now.AddDays(daysLeft));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        await using WebApplication server = builder.Build();
        await server.StartAsync();
        var url = new Uri($"https://localhost:{new Uri(server.Urls.First()).Port}/");

        var findings = new Findings();
        await new TlsCheck(url, TimeProvider.System).RunAsync(findings, default);
        Assert.Equal(
            [("tls-expiry", level), ("tls", FindingLevel.Problem)],
            findings.All.Select(f => (f.Check, f.Level)));
        Assert.Contains("not trusted here", findings.All[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", false)]
    [InlineData("http://log.example/", true)]
    public async Task Plain_text_is_for_this_machine_only(string url, bool isTold)
    {
        var findings = new Findings();
        await new TlsCheck(new Uri(url), TimeProvider.System).RunAsync(findings, default);
        Assert.Equal(isTold, findings.All.Any(f => f.Level == FindingLevel.Warning));
    }

    [Fact]
    public async Task A_port_without_tls_is_a_problem()
    {
        var findings = new Findings();
        await new TlsCheck(new Uri("https://127.0.0.1:1/"), TimeProvider.System).RunAsync(
            findings, default);
        Assert.Equal(FindingLevel.Problem, Assert.Single(findings.All).Level);
    }
}
