using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Sequencer.Iac.Credentials;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Keys;

/// <summary>The private half of an SSH key pair, which never leaves this machine.</summary>
internal static partial class PrivateKeyFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The name of the key pair that the settings say.</summary>
    /// <exception cref="CommandFailure">None is said, or it would be no name of a file.</exception>
    public static string RequireName(SettingValues settings)
    {
        string name = settings.Require(AwsSettings.KeyName);
        return NameForm().IsMatch(name)
            ? name
            : throw settings.Bad(
                AwsSettings.KeyName, "1 to 100 of A-Z a-z 0-9 . _ -, beginning with no dot or -");
    }

    /// <summary>Where the private half of a key pair is, or will be.</summary>
    public static string PathOf(SettingValues settings, string name) =>
        settings.Find(AwsSettings.KeyFile)
        ?? Path.Combine(CredentialChain.SecretsFolder, name + ".pem");

    /// <summary>Refuses where there is a file already.</summary>
    public static void RequireNone(string path)
    {
        if (Path.Exists(path)) throw Exists(path);
    }

    /// <summary>Writes a private key, which from its first moment only its owner can read.</summary>
    /// <exception cref="CommandFailure">There is a file already.</exception>
    public static void Write(string path, RSA key)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
        byte[] pem = Encoding.ASCII.GetBytes(key.ExportRSAPrivateKeyPem() + "\n");
        using FileStream stream = Make(path);
        bool isWhole = false;
        try
        {
            stream.Write(pem);
            // AWS may be given the public half only when the private one is safe.
            stream.Flush(flushToDisk: true);
            isWhole = true;
        }
        catch (ArgumentOutOfRangeException e)
        {
            // How .NET says that a file may not grow any more (EFBIG).
            throw new IOException($"{path} cannot be written: the file may not be so long.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
            // Half a key opens nothing, and would be in the way of the next attempt.
            if (!isWhole) File.Delete(path);
        }
    }

    /// <summary>True where nobody but the owner may read a file.</summary>
    public static bool IsPrivate(string path) =>
        (File.GetUnixFileMode(path) & ~(OwnerOnly | UnixFileMode.UserExecute)) == 0;

    private static FileStream Make(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = OwnerOnly,
            });
        }
        catch (IOException) when (Path.Exists(path))
        {
            throw Exists(path);
        }
    }

    private static CommandFailure Exists(string path) => new(
        FailureCodes.KeyFileExists,
        $"{path} is there already and stays as it is. Move it away, or choose another key name.");

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\\z")]
    private static partial Regex NameForm();
}
