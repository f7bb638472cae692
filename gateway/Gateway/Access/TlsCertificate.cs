using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sequencer.Gateway.Access;

/// <summary>Certificate, chain and key, as they are shown to callers.</summary>
internal sealed class TlsCertificate
{
    private TlsCertificate(SslStreamCertificateContext context) => Context = context;

    /// <summary>For handshakes.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Reads PEM: the certificate first and what it is issued by after it; and its private
    /// key, not encrypted.</summary>
    /// <param name="texts">The certificates, and the key.</param>
    /// <param name="value">The certificate.</param>
    public static string? Read(string[] texts, out TlsCertificate? value)
    {
        value = null;
        try
        {
            X509Certificate2 shown = X509Certificate2.CreateFromPem(texts[0], texts[1]);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(texts[0]);
            chain[0].Dispose();
            chain.RemoveAt(0);
            // Offline: a handshake must not wait for somebody else's server.
            value = new TlsCertificate(
                SslStreamCertificateContext.Create(shown, chain, offline: true));
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The message may quote what was read.
            return "not a PEM certificate with its own PEM private key, unencrypted.";
        }
    }
}
