using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;

namespace Sequencer.Enclave.Sealing.Kms;

/// <summary>
/// HTTPS over a pipe of bytes that the parent instance carries: TLS ends here, so that the parent
/// can break a connection but neither read nor answer it (docs/PROTOCOL.md section 19).
/// </summary>
/// <param name="open">Opens the pipe. It is told no name: wherever it leads, the certificate has to
/// be the one of the host that is asked for.</param>
/// <param name="roots">Who may vouch for that host.</param>
internal sealed class KmsPipe(
    Func<CancellationToken, ValueTask<Stream>> open, X509Certificate2Collection roots)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const int HeadersMaxKibibytes = 16;

    /// <summary>Amazon's five roots, as the image holds them.</summary>
    public static X509Certificate2Collection AmazonRoots()
    {
        using Stream resource =
            typeof(KmsPipe).Assembly.GetManifestResourceStream("amazon-roots.pem")
            ?? throw new InvalidOperationException("The image holds no roots.");
        using var reader = new StreamReader(resource);
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(reader.ReadToEnd());
        return roots;
    }

    /// <summary>Connections whose certificates are judged at a time, the NSM's.</summary>
    public HttpClientFactory At(DateTimeOffset now) => new Factory(this, now);

    private SocketsHttpHandler MakeHandler(DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // The pipe leads to KMS and nowhere else: no list and no missing issuer is fetched.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
        };
        policy.CustomTrustStore.AddRange(roots);
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellation) => open(cancellation),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            },
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxResponseHeadersLength = HeadersMaxKibibytes,
        };
    }

    private sealed class Factory(KmsPipe pipe, DateTimeOffset now) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(pipe.MakeHandler(now));

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => true;
    }
}
