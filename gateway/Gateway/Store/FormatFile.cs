namespace Sequencer.Gateway.Store;

/// <summary>
/// The file <c>format</c>, which names the version of a data directory. It is written last when a
/// directory is made, so a directory without it holds nothing yet.
/// </summary>
internal static class FormatFile
{
    private const string FilePath = "format";
    private const string Unfinished = "format.unfinished";

    private static ReadOnlySpan<byte> Content => "sequencer-store/v1\n"u8;

    /// <summary>Checks the file, or makes it and the directories of a new store.</summary>
    /// <exception cref="StoreDamagedException">It is of another version, or there are files of a
    /// log without it.</exception>
    public static void Check(IStoreFiles files, IReadOnlyList<string> directories)
    {
        IReadOnlyList<string> names = files.List("");
        bool isNew = !names.Contains(FilePath);
        if (isNew && directories.Any(d => files.List(d).Count > 0))
        {
            throw new StoreDamagedException(
                FilePath,
                "missing, in a directory that holds a log: lost, or of a restore that did not end.");
        }
        if (!isNew) ThrowUnlessKnown(files);
        foreach (string directory in directories) files.CreateDirectory(directory);
        if (isNew) Make(files, names.Contains(Unfinished));
        // Also when it was there: the one who made it may have ended before this.
        files.SyncDirectory("");
    }

    private static void ThrowUnlessKnown(IStoreFiles files)
    {
        using IStoreFile file = files.Open(FilePath);
        Span<byte> content = stackalloc byte[Content.Length + 1];
        int length = file.Read(content, 0);
        if (!content[..length].SequenceEqual(Content))
        {
            throw new StoreDamagedException(FilePath, "not a version that this gateway knows.");
        }
    }

    private static void Make(IStoreFiles files, bool hasUnfinished)
    {
        if (hasUnfinished) files.Delete(Unfinished);
        using (IStoreFile file = files.Create(Unfinished))
        {
            file.Write([Content.ToArray()], 0);
            file.Sync();
        }
        files.Rename(Unfinished, FilePath);
    }
}
