using System.Security.Cryptography;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;

namespace Sequencer.Cli.Backups;

/// <summary>
/// Verifies all of a backup: frames, chain, roots, payloads, the digests of the files, and that the
/// head is the manifest's.
/// </summary>
internal static class BackupCheck
{
    private const int BufferBytes = 1024 * 1024;

    /// <summary>Reads everything; gives back what was found.</summary>
    /// <exception cref="CommandFailure">Something is damaged; the place is named.</exception>
    public static async Task<LogWalk> RunAsync(
        LogFolder folder,
        BackupManifest manifest,
        Action<ulong>? advance,
        CancellationToken cancellationToken)
    {
        var reading = new LogReading(folder, advance);
        LogWalk walk = reading.Walk;
        var cosigned = LogFolder.ParseCosigned(manifest.Cosigned);
        if (cosigned is { } known) walk.Watch(known.Head.Size);
        ulong payloadEnd = 0;
        // The frames first: they tell the place of damage, where a digest tells the file.
        await foreach (ScannedFrame frame in reading.ReadAsync(cancellationToken))
        {
            payloadEnd = Math.Max(
                payloadEnd, await reading.CheckPayloadsAsync(cancellationToken));
        }
        foreach (BackupFile file in manifest.Files)
        {
            using var stream = new FileStream(
                Path.Combine(folder.Path, file.Path), FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite);
            Digest digest = await HashAsync(
                stream, file.Bytes, (_, _) => { }, advance, cancellationToken);
            if (digest == file.Sha256) continue;
            throw LogFolder.Damaged(
                folder.Path, file.Path, "damaged: not the bytes that were backed up");
        }
        string? fault =
            walk.End != manifest.EndOf("log") || payloadEnd != manifest.EndOf("payload")
                ? "it lists files of another length than the log takes"
            : walk.Head is null || walk.Size != manifest.Size || walk.Head.Root != manifest.Root
                || walk.Head.Origin != manifest.Origin
                || walk.Statements[0].LogId != manifest.LogId
                || walk.Statements[^1].Fields.Epoch != manifest.Epoch
                ? "it names another head than the log ends with"
            : walk.Statements.FirstOrDefault(statement => !manifest.Files.Any(
                file => file.Path == LogFolder.DocumentPath(statement.Fields.Epoch))) is { } without
                ? $"it lists no document of epoch {without.Fields.Epoch}"
            : manifest.Cosigned.Length > 0
                && (cosigned is not { } head || walk.RootAt(head.Head.Size) != head.Head.Root)
                ? "its cosigned head is of another history"
            : walk.CheckSignatures();
        return fault is null
            ? walk
            : throw LogFolder.Damaged(folder.Path, BackupManifest.FileName, fault.TrimEnd('.'));
    }

    /// <summary>The digest of the first bytes of a file, given out part by part as they are read.
    /// A file that is shorter has another digest.</summary>
    public static async Task<Digest> HashAsync(
        Stream stream,
        ulong bytes,
        Action<ReadOnlyMemory<byte>, ulong> take,
        Action<ulong>? advance,
        CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[(int)Math.Min(bytes, BufferBytes)];
        for (ulong at = 0; at < bytes;)
        {
            int part = (int)Math.Min(bytes - at, BufferBytes);
            int read = await stream.ReadAsync(buffer.AsMemory(0, part), cancellationToken);
            if (read == 0) break;
            hash.AppendData(buffer, 0, read);
            take(buffer.AsMemory(0, read), at);
            at += (ulong)read;
            advance?.Invoke((ulong)read);
        }
        return new Digest(hash.GetCurrentHash());
    }
}
