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

    // An answer has a blob of 6 KiB at most, and an envelope of 4.
    private const int AnswerBytesMax = 64 * 1024;

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

    /// <summary>Connections of a request.</summary>
    /// <param name="now">When their certificates are judged: the NSM's time.</param>
    /// <param name="over">Cancelled at the request's end, and with it they are closed.</param>
    public HttpClientFactory At(DateTimeOffset now, CancellationToken over) =>
        new Factory(this, now, over);

    // By itself the platform goes on with a handshake although nobody waits for it any more, and
    // for as long as the parent lets it wait.
    private async ValueTask<Stream> OpenAsync(
        CancellationToken over, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, cancellation);
        Stream stream = await open(either.Token);
        over.Register(stream.Dispose);
        return stream;
    }

    private SocketsHttpHandler MakeHandler(DateTimeOffset now, CancellationToken over)
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
            ConnectCallback = (_, cancellation) => OpenAsync(over, cancellation),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                // Each connection shows its certificate, and leaves no session behind.
                AllowTlsResume = false,
            },
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxResponseHeadersLength = HeadersMaxKibibytes,
        };
    }

    // The SDK reads bodies blocking, in the image on the thread that waits for all sockets
    // (setup/image/init.c): what it waited for would never come. So it gets them when they are
    // there, and within a bound.
    private sealed class WholeAnswers(HttpMessageHandler pipe) : DelegatingHandler(pipe)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            try
            {
                await answer.Content.LoadIntoBufferAsync(AnswerBytesMax, cancellationToken);
                return answer;
            }
            catch
            {
                answer.Dispose();
                throw;
            }
        }
    }

    private sealed class Factory(KmsPipe pipe, DateTimeOffset now, CancellationToken over)
        : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(new WholeAnswers(pipe.MakeHandler(now, over)));

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => true;
    }
}
