using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Tests.Access;

public sealed class TlsTests : IAsyncLifetime
{
    // By its number: the name alone is a warning.
    private const SslProtocols Tls11 = (SslProtocols)768;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tls-");
    private TestGateway _gateway = null!;

    private string CertificatePath => Path.Combine(_folder.FullName, "certificate.pem");

    private string KeyPath => Path.Combine(_folder.FullName, "key.pem");

    private TlsSettings Settings => new(CertificatePath, KeyPath);

    public async Task InitializeAsync()
    {
        Write("first.example");
        _gateway = await TestGateway.StartAsync(s => s with { Access = new AccessSettings { Tls = Settings } });
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_versions_of_http_are_spoken(string version)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, c, _, _) => c!.Subject == "CN=first.example";
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{_gateway.EndPoint}/livez")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.Equal("live\n", await response.Content.ReadAsStringAsync());
        Assert.Equal(Version.Parse(version), response.Version);
    }

    [Fact]
    public async Task A_new_certificate_needs_no_restart_and_a_bad_one_changes_nothing()
    {
        AccessFiles files = _gateway.Services.GetRequiredService<AccessFiles>();
        var log = new LogLines();
        _gateway.LogTo(log);
        Assert.Equal("CN=first.example", (await HandshakeAsync()).Subject);
        // Between the two files of a change they do not fit each other.
        string key = await File.ReadAllTextAsync(KeyPath);
        Write("second.example");
        string newKey = await File.ReadAllTextAsync(KeyPath);
        await File.WriteAllTextAsync(KeyPath, key);
        files.Refresh();
        Assert.Equal(["tls-certificate"], files.Stale);
        Assert.Equal("CN=first.example", (await HandshakeAsync()).Subject);
        await File.WriteAllTextAsync(KeyPath, newKey);
        files.Refresh();
        Assert.Empty(files.Stale);
        Assert.Equal("CN=second.example", (await HandshakeAsync()).Subject);
        Assert.All(log.Lines, line => Assert.DoesNotContain("PRIVATE KEY", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_chain_is_sent_with_the_certificate()
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=root.example", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 issuer = root.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9));
        Write("leaf.example", issuer);
        _gateway.Services.GetRequiredService<AccessFiles>().Refresh();
        int sent = 0;
        await HandshakeAsync(chain => sent = chain.ChainPolicy.ExtraStore.Count);
        Assert.True(sent >= 1);
    }

    [Fact]
    public async Task Old_tls_and_plain_http_are_refused()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(protocols: Tls11));
        using var plain = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(
            () => plain.GetStringAsync($"http://{_gateway.EndPoint}/livez"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("certificate", "")]
    [InlineData("", "key")]
    [InlineData("certificate", "another")]
    [InlineData("key", "certificate")]
    public async Task A_start_without_a_good_pair_ends_in_one_line(string certificate, string key)
    {
        string pem = await File.ReadAllTextAsync(CertificatePath), own = await File.ReadAllTextAsync(KeyPath);
        using ECDsa another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string Pick(string what) => what switch
        {
            "certificate" => pem,
            "key" => own,
            "another" => another.ExportPkcs8PrivateKeyPem(),
            _ => what,
        };
        await File.WriteAllTextAsync(CertificatePath, Pick(certificate));
        await File.WriteAllTextAsync(KeyPath, Pick(key));
        SettingFileException e = await Assert.ThrowsAsync<SettingFileException>(
            () => TestGateway.StartAsync(s => s with { Access = new AccessSettings { Tls = Settings } }));
        Assert.Contains("PEM", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.DoesNotContain("BEGIN", e.Message, StringComparison.Ordinal);
    }

    private void Write(string name, X509Certificate2? issuer = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), to = from.AddDays(2);
        using X509Certificate2 made = issuer is null
            ? request.CreateSelfSigned(from, to)
            : request.Create(issuer, from, to, [1, 2, 3]);
        string chain = issuer is null ? "" : "\n" + issuer.ExportCertificatePem();
        File.WriteAllText(CertificatePath, made.ExportCertificatePem() + chain + "\n");
        File.WriteAllText(KeyPath, key.ExportPkcs8PrivateKeyPem());
    }

    private async Task<X509Certificate2> HandshakeAsync(
        Action<X509Chain>? look = null, SslProtocols protocols = SslProtocols.None)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _gateway.EndPoint.Port);
        await using var stream = new SslStream(tcp.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "first.example",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                look?.Invoke(chain!);
                return certificate is not null;
            },
        });
        return new X509Certificate2(stream.RemoteCertificate!);
    }
}
