namespace Sequencer.Gateway.Store;

/// <summary>Files that are replaced as a whole: a crash leaves the old one or the new one.</summary>
internal static class ReplacedFile
{
    /// <summary>Ends the name of a file that is not finished.</summary>
    public const string Unfinished = ".unfinished";

    /// <summary>Puts the content under a name in a directory, durably.</summary>
    public static void Write(
        IStoreFiles files, string directory, string path, ReadOnlyMemory<byte> content)
    {
        string unfinished = path + Unfinished;
        using (IStoreFile file = files.Create(unfinished))
        {
            file.Write([content], 0);
            file.Sync();
        }
        files.Rename(unfinished, path);
        files.SyncDirectory(directory);
    }

    /// <summary>Deletes what a crash left of a file of the root directory.</summary>
    public static void Settle(IStoreFiles files, string directory, string path)
    {
        string unfinished = path + Unfinished;
        if (files.List(directory).Contains(unfinished)) files.Delete(unfinished);
    }
}
