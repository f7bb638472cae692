using System.Diagnostics;
using System.Security.Cryptography;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Settings;
using Sequencer.Iac.Tests.Settings;

namespace Sequencer.Iac.Tests.Keys;

public sealed class PrivateKeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sequencer-iac").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_private_key_is_its_owners_alone()
    {
        string path = Path.Combine(_folder, "secrets", "k.pem");
        using var rsa = RSA.Create(2048);
        PrivateKeyFile.Write(path, rsa);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(path)!));
        Assert.True(PrivateKeyFile.IsPrivate(path));
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead);
        Assert.False(PrivateKeyFile.IsPrivate(path));
    }

    [Fact]
    public void A_file_that_is_there_stays_as_it_is()
    {
        string path = Path.Combine(_folder, "k.pem");
        File.WriteAllText(path, "mine");
        using var rsa = RSA.Create(2048);
        CommandFailure failure = Assert.Throws<CommandFailure>(() => PrivateKeyFile.Write(path, rsa));
        Assert.Equal(FailureCodes.KeyFileExists, failure.Code);
        Assert.Equal("mine", File.ReadAllText(path));
        // A link that leads nowhere is a file, too: what it names is not this command's to make.
        string link = Path.Combine(_folder, "link.pem");
        File.CreateSymbolicLink(link, Path.Combine(_folder, "elsewhere"));
        failure = Assert.Throws<CommandFailure>(() => PrivateKeyFile.Write(link, rsa));
        Assert.Equal(FailureCodes.KeyFileExists, failure.Code);
        Assert.False(File.Exists(Path.Combine(_folder, "elsewhere")));
    }

    [Fact]
    public void OpenSSH_finds_the_same_public_key_in_the_private_one()
    {
        string path = Path.Combine(_folder, "k.pem");
        using var rsa = RSA.Create(3072);
        PrivateKeyFile.Write(path, rsa);
        Process ssh;
        try
        {
            ssh = Process.Start(new ProcessStartInfo("ssh-keygen", ["-y", "-f", path])
            {
                RedirectStandardOutput = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // A machine without OpenSSH; the key is then checked by its form alone.
            Assert.StartsWith("ssh-rsa AAAAB3NzaC1yc2E", SshPublicKey.Of(rsa, "k"), StringComparison.Ordinal);
            return;
        }
        using (ssh)
        {
            string line = ssh.StandardOutput.ReadToEnd().Trim();
            ssh.WaitForExit();
            Assert.Equal(line.Split(' ')[..2], SshPublicKey.Of(rsa, "k").Split(' ')[..2]);
        }
    }

    [Theory]
    [InlineData("../k")]
    [InlineData(".k")]
    [InlineData("-k")]
    [InlineData("a b")]
    [InlineData("k\n")]
    [InlineData("é")]
    public void A_name_that_is_no_name_of_a_file_is_refused(string name)
    {
        SettingValues settings = TestSettings.Gather(TestSettings.None, $"--key-name={name}");
        CommandFailure failure = Assert.Throws<CommandFailure>(
            () => PrivateKeyFile.RequireName(settings));
        Assert.Equal(FailureCodes.BadConfig, failure.Code);
    }
}
