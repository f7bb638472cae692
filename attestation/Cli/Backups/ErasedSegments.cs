using System.Security.Cryptography;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Cli.Backups;

/// <summary>
/// Erases payloads in a backup that was made before their tombstones. A segment is made anew beside
/// the old one, and takes its place only after the manifest with its digest: a crash leaves a
/// manifest and, under one of two names, the segment that it lists.
/// </summary>
internal sealed class ErasedSegments(IFolder target)
{
    private const string Suffix = ".erased";
    private const string PayloadFolder = "payload";
    private const int BufferBytes = 1024 * 1024;

    private readonly List<string> _prepared = [];

    /// <summary>True if there are new segments that have not taken their places.</summary>
    public static bool AreLeftIn(IFolder target) => target.List(PayloadFolder).Any(IsNew);

    /// <summary>Ends what a crash interrupted: a new segment takes its place if the manifest lists
    /// it, and else it is deleted.</summary>
    public static void Settle(IFolder target, BackupManifest manifest)
    {
        foreach (string name in target.List(PayloadFolder).Where(IsNew))
        {
            string path = $"{PayloadFolder}/{name}";
            BackupFile? listed =
                manifest.Files.FirstOrDefault(file => file.Path == path[..^Suffix.Length]);
            if (listed is not null && Hash(target, path, listed.Bytes) == listed.Sha256)
            {
                target.Rename(path, listed.Path);
            }
            else
            {
                target.Delete(path);
            }
            target.SyncDirectory(PayloadFolder);
        }
    }

    /// <summary>Makes segments without the payloads at these offsets; those that are erased already
    /// change nothing.</summary>
    /// <returns>The files with the digests that they then have.</returns>
    public IEnumerable<BackupFile> Prepare(IEnumerable<BackupFile> files, List<ulong> offsets)
    {
        foreach (BackupFile file in files.ToArray())
        {
            List<(ulong At, byte[] Frame)> frames =
            [
                .. offsets.Where(offset => offset >= file.Start && offset - file.Start < file.Bytes)
                    .Select(offset => offset - file.Start)
                    .Select(at => (at, Erased(file, at)))
                    .Where(pair => pair.Item2.Length > 0),
            ];
            yield return frames.Count == 0 ? file : Prepare(file, frames);
        }
    }

    /// <summary>Puts the new segments in the places of the old ones; the manifest lists them.
    /// </summary>
    public void Finish()
    {
        foreach (string path in _prepared) target.Rename(path + Suffix, path);
        if (_prepared.Count > 0) target.SyncDirectory(PayloadFolder);
    }

    private static bool IsNew(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    private BackupFile Prepare(BackupFile file, List<(ulong At, byte[] Frame)> frames)
    {
        string path = file.Path + Suffix;
        using (IFolderFile from = target.Open(file.Path))
        using (IFolderFile to = target.Open(path))
        {
            to.Truncate(0);
            var buffer = new byte[BufferBytes];
            for (ulong at = 0; at < file.Bytes;)
            {
                int part = (int)Math.Min(BufferBytes, file.Bytes - at);
                int read = from.Read(buffer.AsSpan(0, part), (long)at);
                if (read == 0) throw Shorter(file);
                to.Write(buffer.AsSpan(0, read), (long)at);
                at += (ulong)read;
            }
            foreach ((ulong at, byte[] frame) in frames) to.Write(frame, (long)at);
            to.Sync();
        }
        target.SyncDirectory(PayloadFolder);
        _prepared.Add(file.Path);
        return file with { Sha256 = Hash(target, path, file.Bytes) };
    }

    // Empty if there is nothing to do: erased already, or no frame.
    private byte[] Erased(BackupFile file, ulong at)
    {
        using IFolderFile from = target.Open(file.Path);
        var header = new byte[PayloadFrame.HeaderBytes];
        int read = from.Read(header, (long)at);
        if (PayloadFrame.TryReadLengths(header.AsSpan(0, read), out PayloadFrameLengths lengths)
            != FrameStatus.Whole || at + (ulong)lengths.Frame > file.Bytes)
        {
            return [];
        }
        var frame = new byte[lengths.Frame];
        if (from.Read(frame, (long)at) != frame.Length) throw Shorter(file);
        bool isDone = PayloadFrame.TryRead(frame, out PayloadFrame whole, out _)
            == FrameStatus.Whole && whole.IsErased;
        if (isDone) return [];
        PayloadFrame.Erase(frame);
        return frame;
    }

    private static Digest Hash(IFolder target, string path, ulong bytes)
    {
        using IFolderFile file = target.Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        for (ulong at = 0; at < bytes;)
        {
            int part = (int)Math.Min(BufferBytes, bytes - at);
            int read = file.Read(buffer.AsSpan(0, part), (long)at);
            // Another length has another digest.
            if (read == 0) break;
            hash.AppendData(buffer, 0, read);
            at += (ulong)read;
        }
        return new Digest(hash.GetCurrentHash());
    }

    private CommandFailure Shorter(BackupFile file) =>
        LogFolder.Damaged(target.Path, file.Path, "it became shorter");
}
