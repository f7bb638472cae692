namespace Sequencer.Cli.Backups;

/// <summary>Files that are written as a whole.</summary>
internal static class SmallFiles
{
    private const string Unfinished = ".unfinished";

    /// <summary>Writes a file, durable but for its name.</summary>
    public static void Write(this IFolder folder, string path, ReadOnlySpan<byte> bytes)
    {
        using IFolderFile file = folder.Open(path);
        file.Truncate(0);
        file.Write(bytes, 0);
        file.Sync();
    }

    /// <summary>Puts a file in the place of another: a crash leaves the old one or the new one.
    /// </summary>
    public static void Replace(this IFolder folder, string path, ReadOnlySpan<byte> bytes)
    {
        folder.Write(path + Unfinished, bytes);
        folder.Rename(path + Unfinished, path);
        folder.SyncDirectory("");
    }
}
