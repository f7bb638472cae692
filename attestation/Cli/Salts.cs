using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation.Log;

namespace Sequencer.Cli;

/// <summary>Files with the salt of a payload's commitment: base64 of 32 bytes on a line. A file and
/// no argument, since other users can read the arguments of a command.</summary>
internal static class Salts
{
    private const long FileMaxBytes = 64;

    /// <summary>Reads a salt.</summary>
    /// <exception cref="CommandFailure">It is not readable, or no salt.</exception>
    public static byte[] Read(string path)
    {
        string text = Encoding.ASCII.GetString(Files.Read(path, FileMaxBytes, "a salt")).Trim();
        var salt = new byte[Limits.SaltBytes];
        return Convert.TryFromBase64String(text, salt, out int length) && length == salt.Length
            ? salt
            : throw new CommandFailure($"{path} holds no salt: base64 of 32 bytes, on a line.");
    }

    /// <summary>Reads a salt, or makes one and writes it first: so a command that is run again has
    /// the same.</summary>
    /// <exception cref="CommandFailure">It is not readable or writable, or no salt.</exception>
    public static byte[] ReadOrMake(string path)
    {
        if (File.Exists(path)) return Read(path);
        byte[] salt = RandomNumberGenerator.GetBytes(Limits.SaltBytes);
        Write(path, salt, force: false);
        return salt;
    }

    /// <summary>Writes a salt.</summary>
    /// <exception cref="CommandFailure">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> salt, bool force) => Files.Write(
        path, Encoding.ASCII.GetBytes(Convert.ToBase64String(salt) + "\n"), force);
}
