namespace Sequencer.Cli.Backups;

/// <summary>The folder of a backup: what it is before anything in it is touched.</summary>
internal static class BackupFolder
{
    private const string LockPath = "backup.lock";

    /// <summary>Reads the manifest of a backup.</summary>
    /// <exception cref="CommandFailure">There is none, or it is damaged.</exception>
    public static BackupManifest Read(string folder)
    {
        BackupManifest manifest = Find(folder)
            ?? throw new CommandFailure(
                Directory.Exists(folder)
                    ? $"{folder} holds no finished backup: it has no {BackupManifest.FileName}."
                    : $"There is no folder {folder}.");
        var files = new DiskFolder(folder);
        if (!ErasedSegments.AreLeftIn(files)) return manifest;
        // Where another backup is at work they are its own.
        using IDisposable? held = files.TryLock(LockPath);
        if (held is not null) ErasedSegments.Settle(files, manifest);
        return manifest;
    }

    /// <summary>Takes a folder for a backup: one that is new, empty, or a backup.</summary>
    /// <returns>The lock, and the manifest if a backup was finished there.</returns>
    /// <exception cref="CommandFailure">It holds something else, or another backup is at work.
    /// </exception>
    public static (IDisposable Lock, BackupManifest? Before) Take(IFolder folder)
    {
        folder.CreateDirectory("");
        IReadOnlyList<string> names = folder.List("");
        // The lock is the first file of a backup, so it tells an unfinished one from other things.
        if (names.Count > 0 && !names.Contains(LockPath)
            && !names.Contains(BackupManifest.FileName))
        {
            throw new CommandFailure(
                $"{folder.Path} is neither empty nor a backup: name another folder.");
        }
        IDisposable held = folder.TryLock(LockPath)
            ?? throw new CommandFailure($"Another backup into {folder.Path} is at work.");
        try
        {
            BackupManifest? before = Find(folder.Path);
            if (before is not null) ErasedSegments.Settle(folder, before);
            return (held, before);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static BackupManifest? Find(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, BackupManifest.FileName));
        if (!file.Exists) return null;
        if (file.Length > BackupManifest.MaxBytes)
        {
            throw LogFolder.Damaged(folder, BackupManifest.FileName, "too long");
        }
        return BackupManifest.TryParse(
            File.ReadAllBytes(file.FullName), out BackupManifest? manifest, out string? fault)
                ? manifest
                : throw LogFolder.Damaged(folder, BackupManifest.FileName, fault);
    }
}
