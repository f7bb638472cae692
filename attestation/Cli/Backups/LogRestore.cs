using System.Text;
using Sequencer.Attestation;

namespace Sequencer.Cli.Backups;

/// <summary>
/// Makes a data directory of a backup that was verified. The file <c>format</c> is written last:
/// without it a gateway refuses the directory, so a restore that is killed cannot be mistaken for a
/// log.
/// </summary>
internal static class LogRestore
{
    /// <summary>The name that <c>format</c> has until all is there. A gateway that makes a new
    /// directory uses it in the same way.</summary>
    private const string UnfinishedFormat = LogFolder.FormatPath + ".unfinished";

    // What a disk has that was just formatted.
    private const string LostAndFound = "lost+found";

    private static readonly string[] Folders = [.. LogFolder.SegmentFolders, "epochs"];

    /// <summary>Refuses a directory that holds something.</summary>
    /// <exception cref="CommandFailure">It does.</exception>
    public static void RequireEmpty(IFolder target)
    {
        string[] names = [.. target.List("").Where(name => name != LostAndFound)];
        if (names.Length == 0) return;
        // Our own, killed on the way: nothing in it was ever a log.
        if (names.Contains(UnfinishedFormat) && !names.Contains(LogFolder.FormatPath)) return;
        throw new CommandFailure(
            $"{target.Path} is not empty. A restore makes a data directory and changes none: name "
            + "a new one, or move this one away.");
    }

    /// <summary>Copies the files of a backup.</summary>
    /// <exception cref="CommandFailure">The target is not empty, or the backup changed since it was
    /// verified.</exception>
    public static async Task RunAsync(
        LogFolder backup,
        BackupManifest manifest,
        IFolder target,
        Action<ulong>? advance,
        CancellationToken cancellationToken)
    {
        RequireEmpty(target);
        target.CreateDirectory("");
        // First, since it tells what a killed restore left from what others did. The lock is the
        // gateway's own: it keeps both a gateway and a second restore out.
        target.Write(UnfinishedFormat, LogFolder.Format);
        using IDisposable held = target.TryLock("lock")
            ?? throw new CommandFailure($"Another restore into {target.Path} is at work.");
        target.SyncDirectory("");
        foreach (string folder in Folders)
        {
            target.CreateDirectory(folder);
            // Of a restore that was killed, perhaps of another backup.
            foreach (string name in target.List(folder)) target.Delete($"{folder}/{name}");
        }
        foreach (BackupFile file in manifest.Files.Where(f => f.Path != LogFolder.FormatPath))
        {
            await CopyAsync(backup, file, target, advance, cancellationToken);
        }
        Put(target, LogFolder.CosignedPath, Encoding.UTF8.GetBytes(manifest.Cosigned));
        Put(target, LogFolder.IdentityPath, manifest.Identity);
        foreach (string folder in Folders) target.SyncDirectory(folder);
        target.SyncDirectory("");
        // Everything is durable: only now it may be a log.
        target.Rename(UnfinishedFormat, LogFolder.FormatPath);
        target.SyncDirectory("");
    }

    // Without content there is no such file, whatever a restore left that was killed.
    private static void Put(IFolder target, string path, ReadOnlySpan<byte> content)
    {
        if (content.Length > 0) target.Write(path, content);
        else if (target.List("").Contains(path)) target.Delete(path);
    }

    private static async Task CopyAsync(
        LogFolder backup,
        BackupFile file,
        IFolder target,
        Action<ulong>? advance,
        CancellationToken cancellationToken)
    {
        using var source = new FileStream(
            Path.Combine(backup.Path, file.Path), FileMode.Open, FileAccess.Read,
            FileShare.ReadWrite);
        using IFolderFile copy = target.Open(file.Path);
        Digest digest = await BackupCheck.HashAsync(
            source, file.Bytes, (part, at) => copy.Write(part.Span, (long)at), advance,
            cancellationToken);
        if (digest != file.Sha256)
        {
            throw LogFolder.Damaged(backup.Path, file.Path, "it changed while it was restored");
        }
        copy.Sync();
    }
}
