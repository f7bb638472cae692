using System.Security.Cryptography;

namespace Sequencer.Enclave.Simulated;

/// <summary>
/// The root of this machine's simulated devices, kept in a directory: <c>development-root.pem</c>,
/// the private key (mode 0600), and <c>development-root.der</c>, the certificate that a trust
/// policy names.
/// </summary>
/// <remarks>
/// Whoever reads the key forges any document under this root. It is for development.
/// </remarks>
internal static class DevelopmentRoot
{
    private const string KeyFile = "development-root.pem";
    private const string CertificateFile = "development-root.der";
    private const string LockFile = "development-root.lock";
    private const string CommonName = "development.sequencer.nitro-enclaves";
    private const int ValidYears = 30;

    /// <summary>Loads the root, or makes it on first use.</summary>
    /// <exception cref="IOException">The directory cannot be used, or holds half of a
    /// root.</exception>
    public static DevelopmentCertificate LoadOrCreate(string directory, TimeProvider time)
    {
        Directory.CreateDirectory(directory);
        string keyPath = Path.Combine(directory, KeyFile);
        string certificatePath = Path.Combine(directory, CertificateFile);
        // Two first starts at once must not make two roots: one of them fails and says so.
        using FileStream? held = File.Exists(keyPath) ? null : Hold(directory);
        if (File.Exists(keyPath)) return Load(keyPath, certificatePath);

        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        DateTimeOffset now = time.GetUtcNow();
        DevelopmentCertificate root = DevelopmentCertificate.CreateRoot(
            key, CommonName, now.AddDays(-1), now.AddYears(ValidYears));
        // The key is last: without it there is no root, and a lone certificate is replaced.
        File.WriteAllBytes(certificatePath, root.Der);
        WriteKey(keyPath, key.ExportPkcs8PrivateKeyPem());
        return root;
    }

    private static DevelopmentCertificate Load(string keyPath, string certificatePath)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(keyPath));
            byte[] der = File.ReadAllBytes(certificatePath);
            if (der.AsSpan().IndexOf(key.ExportSubjectPublicKeyInfo()) < 0)
            {
                throw new IOException($"{keyPath} is not the key of {certificatePath}.");
            }
            return DevelopmentCertificate.FromRoot(key, der);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new IOException($"{Path.GetDirectoryName(keyPath)} holds no usable root.", e);
        }
    }

    private static FileStream Hold(string directory) => new(
        Path.Combine(directory, LockFile),
        FileMode.OpenOrCreate,
        FileAccess.ReadWrite,
        FileShare.None,
        bufferSize: 1,
        FileOptions.DeleteOnClose);

    private static void WriteKey(string path, string pem)
    {
        string temporary = path + ".new";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var writer = new StreamWriter(temporary, options)) writer.Write(pem);
        File.Move(temporary, path);
    }
}
