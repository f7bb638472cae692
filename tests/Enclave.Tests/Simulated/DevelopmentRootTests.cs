using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Tests.Simulated;

public sealed class DevelopmentRootTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sequencer-").FullName;

    private string Key => Path.Combine(_folder, "root", "development-root.pem");

    private string Certificate => Path.Combine(_folder, "root", "development-root.der");

    [Fact]
    public void It_is_made_once_and_kept()
    {
        using DevelopmentCertificate made = Load();
        Assert.Equal(made.Der, File.ReadAllBytes(Certificate));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Key));
        using DevelopmentCertificate loaded = Load();
        Assert.Equal(made.Der, loaded.Der);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "root")).Length);
    }

    [Fact]
    public void A_certificate_whose_key_never_came_is_replaced()
    {
        Load().Dispose();
        File.Delete(Key);
        using DevelopmentCertificate remade = Load();
        Assert.Equal(remade.Der, File.ReadAllBytes(Certificate));
    }

    [Fact]
    public void A_key_without_its_certificate_is_refused()
    {
        Load().Dispose();
        File.Delete(Certificate);
        Assert.ThrowsAny<IOException>(Load);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused()
    {
        Load().Dispose();
        byte[] other = File.ReadAllBytes(Certificate);
        File.Delete(Key);
        Load().Dispose();
        File.WriteAllBytes(Certificate, other);
        Assert.Throws<IOException>(Load);
        File.WriteAllText(Key, "not a key");
        Assert.Throws<IOException>(Load);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private DevelopmentCertificate Load() =>
        DevelopmentRoot.LoadOrCreate(Path.Combine(_folder, "root"), TimeProvider.System);
}
