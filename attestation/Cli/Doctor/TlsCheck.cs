using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Sequencer.Cli.Doctor;

/// <summary>The certificate of the server, looked at even where nobody should trust it.</summary>
internal sealed class TlsCheck(Uri url, TimeProvider time)
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(21);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task RunAsync(Findings findings, CancellationToken cancellationToken)
    {
        if (url.Scheme != Uri.UriSchemeHttps)
        {
            if (url.IsLoopback) return;
            findings.Warning(
                "tls", "Requests go in plain text over the network.",
                "Use https: keys and payloads can be read on the way.");
            return;
        }
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            await LookAsync(findings, patience.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            findings.Problem(
                "tls", $"No TLS connection: {e.Message}", "See what listens at this port.");
        }
    }

    private async Task LookAsync(Findings findings, CancellationToken cancellationToken)
    {
        SslPolicyErrors errors = SslPolicyErrors.None;
        X509Certificate2? seen = null;
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(url.Host, url.Port, cancellationToken);
            await using var tls = new SslStream(
                client.GetStream(), false, (_, certificate, _, found) =>
                {
                    errors = found;
                    if (certificate is not null) seen = new X509Certificate2(certificate);
                    return found == SslPolicyErrors.None;
                });
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = url.Host }, cancellationToken);
        }
        catch (AuthenticationException) when (seen is not null)
        {
            // Refused, after it was looked at.
        }
        if (seen is null) return;
        Judge(findings, seen, errors);
        seen.Dispose();
    }

    private void Judge(Findings findings, X509Certificate2 certificate, SslPolicyErrors errors)
    {
        DateTimeOffset end = certificate.NotAfter;
        TimeSpan left = end - time.GetUtcNow();
        string text = string.Create(
            CultureInfo.InvariantCulture, $"The certificate ends on {end.UtcDateTime:yyyy-MM-dd}.");
        const string advice = "Renew it; the gateway reads a new file without a restart.";
        if (left <= TimeSpan.Zero) findings.Problem("tls-expiry", text, advice);
        else if (left < Soon) findings.Warning("tls-expiry", text, advice);
        else findings.Good("tls-expiry", text);
        if (errors == SslPolicyErrors.None) findings.Good("tls", "The certificate is trusted here.");
        else
        {
            findings.Problem(
                "tls", $"The certificate is not trusted here: {errors}.",
                "Clients refuse it, unless they are given its issuer.");
        }
    }
}
