using System.Text;
using Sequencer.Cli.Commands;

namespace Sequencer.Cli;

/// <summary>
/// Changes a file of keys in one step: a gateway reads the old one or the new one. One change at a
/// time; owner and mode of the file stay.
/// </summary>
internal static class KeyFileChange
{
    /// <summary>Longest file of keys, in bytes.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Changes the text of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isNewAllowed">Whether it may be missing, and is made.</param>
    /// <param name="change">The new text from the old one.</param>
    /// <exception cref="CommandFailure">The file stays as it was.</exception>
    public static void Apply(string path, bool isNewAllowed, Func<string, string> change)
    {
        // Through a link, which stays one. Its target is told rightly of a full path only.
        string target = Path.GetFullPath(path);
        bool isThere = File.Exists(target);
        if (isThere)
        {
            target = File.ResolveLinkTarget(target, returnFinalTarget: true)?.FullName ?? target;
        }
        string made = target + ".new";
        using FileStream stream = Create(made);
        try
        {
            string text = isThere || !isNewAllowed
                ? Encoding.UTF8.GetString(Files.Read(target, BytesMax, "a file of keys"))
                : "";
            string changed = change(text);
            KeysCommand.Parse(path, changed);
            stream.Write(Encoding.UTF8.GetBytes(changed));
            stream.Flush(flushToDisk: true);
            if (isThere && !OperatingSystem.IsWindows())
            {
                FileOwner.Copy(target, made);
                File.SetUnixFileMode(made, File.GetUnixFileMode(target));
            }
            File.Move(made, target, overwrite: true);
        }
        catch
        {
            File.Delete(made);
            throw;
        }
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new CommandFailure(
                $"{path} is there: another change is under way. If none is, one was broken off: delete it.");
        }
    }
}
