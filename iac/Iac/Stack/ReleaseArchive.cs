using System.Formats.Tar;
using System.Security.Cryptography;

namespace Sequencer.Iac.Stack;

/// <summary>
/// A release as one file, which is known by its digest: the same release gives the same bytes, or the
/// instance would be replaced for nothing. What is large in it is compressed already.
/// </summary>
internal static class ReleaseArchive
{
    private const UnixFileMode PlainMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode ProgramMode = PlainMode | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Where an archive is until it is whole.</summary>
    public static string Unfinished(string path) => path + ".new";

    /// <summary>Writes the archive.</summary>
    /// <returns>Its SHA-256, in hexadecimal.</returns>
    public static async Task<string> WriteAsync(
        ReleaseFolder release, string path, CancellationToken cancellationToken)
    {
        string unfinished = Unfinished(path);
        await using (FileStream file = File.Create(unfinished))
        {
            await using (var tar = new TarWriter(file, TarEntryFormat.Ustar, leaveOpen: true))
            {
                foreach (string name in release.Files)
                {
                    await AddAsync(tar, release, name, cancellationToken);
                }
            }
        }
        File.Move(unfinished, path, overwrite: true);
        await using FileStream written = File.OpenRead(path);
        return Convert.ToHexStringLower(
            await SHA256.HashDataAsync(written, cancellationToken));
    }

    private static async Task AddAsync(
        TarWriter tar, ReleaseFolder release, string name, CancellationToken cancellationToken)
    {
        string path = Path.Combine(release.Path, name);
        await using FileStream content = File.OpenRead(path);
        // Nothing of the folder but names and bytes, and whether a file is a program.
        bool isProgram = (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0;
        await tar.WriteEntryAsync(
            new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = content,
                Mode = isProgram ? ProgramMode : PlainMode,
                ModificationTime = DateTimeOffset.UnixEpoch,
            },
            cancellationToken);
    }
}
