using System.Globalization;
using System.Text;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;

namespace Sequencer.Cli.Backups;

/// <summary>
/// The files of a log (docs/PROTOCOL.md section 15) that are read: a data directory, beside the
/// gateway that writes it, or a backup up to where its manifest says.
/// </summary>
internal sealed class LogFolder
{
    /// <summary>The file that names the store's version.</summary>
    public const string FormatPath = "format";

    /// <summary>The file with the newest cosigned head, of a log with witnesses.</summary>
    public const string CosignedPath = "cosigned";

    /// <summary>The file with the sealed identity, of a log with a stable one.</summary>
    public const string IdentityPath = "identity";

    /// <summary>Bytes of a sealed identity (docs/PROTOCOL.md section 19): it has a public key, an
    /// encrypted seed, and a blob of one byte at least.</summary>
    public const int IdentityMinBytes = 85, IdentityMaxBytes = 84 + 6144;

    private LogFolder(string path, List<SegmentFile> log, List<SegmentFile> payload) =>
        (Path, Log, Payload) = (path, log, payload);

    /// <summary>Where the segments are.</summary>
    public static IReadOnlyList<string> SegmentFolders { get; } = ["log", "payload"];

    /// <summary>The one version of a store that this command knows, as its file says it.</summary>
    public static ReadOnlySpan<byte> Format => "sequencer-store/v1\n"u8;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The segments of the commit frames.</summary>
    public List<SegmentFile> Log { get; }

    /// <summary>The segments of the payload frames.</summary>
    public List<SegmentFile> Payload { get; }

    /// <summary>Bytes of the commit frames.</summary>
    public ulong LogBytes => Sum(Log);

    /// <summary>Bytes of all segments.</summary>
    public ulong Bytes => Sum(Log) + Sum(Payload);

    /// <summary>The path of an epoch's document.</summary>
    public static string DocumentPath(uint epoch) =>
        string.Create(CultureInfo.InvariantCulture, $"epochs/{epoch}.document");

    /// <summary>Lists a data directory as it is now; what is appended later is not looked at.
    /// </summary>
    /// <exception cref="CommandFailure">It is none, or of another version.</exception>
    public static LogFolder OfDataDirectory(string path)
    {
        if (!Directory.Exists(System.IO.Path.Combine(path, "log")))
        {
            throw new CommandFailure($"{path} is not a gateway's data directory.");
        }
        CheckFormat(path);
        // In this order: a payload is written before the frame that names it.
        List<SegmentFile> log = SegmentFiles.List(path, "log");
        return new LogFolder(path, log, SegmentFiles.List(path, "payload"));
    }

    /// <summary>The files of a backup, each as far as the manifest says.</summary>
    /// <exception cref="CommandFailure">One is missing or too short.</exception>
    public static LogFolder OfBackup(string path, BackupManifest manifest)
    {
        foreach (BackupFile file in manifest.Files)
        {
            var info = new FileInfo(System.IO.Path.Combine(path, file.Path));
            if (info.Exists && (ulong)info.Length >= file.Bytes) continue;
            throw Damaged(
                path, file.Path,
                info.Exists ? $"{info.Length} bytes, and it had {file.Bytes}" : "missing");
        }
        CheckFormat(path);
        return new LogFolder(path, Segments("log"), Segments("payload"));

        List<SegmentFile> Segments(string folder) =>
        [
            .. manifest.Files.Where(file => file.IsIn(folder)).Select(file => new SegmentFile(
                file.Path, System.IO.Path.Combine(path, file.Path), file.Start, file.Bytes)),
        ];
    }

    /// <summary>An epoch's document.</summary>
    /// <exception cref="CommandFailure">There is none, or it is none.</exception>
    public byte[] ReadDocument(uint epoch)
    {
        string name = DocumentPath(epoch);
        var file = new FileInfo(System.IO.Path.Combine(Path, name));
        return file.Exists && file.Length is > 0 and <= AttestationLimits.DocumentBytesMax
            ? File.ReadAllBytes(file.FullName)
            : throw Damaged(
                Path, name, file.Exists ? $"{file.Length} bytes are no document" : "missing");
    }

    /// <summary>The newest cosigned head, with its note; null if there is none.</summary>
    /// <exception cref="CommandFailure">The file holds something else.</exception>
    public static (Checkpoint Head, string Note)? ReadCosigned(string path)
    {
        var file = new FileInfo(System.IO.Path.Combine(path, CosignedPath));
        if (!file.Exists) return null;
        if (file.Length > SignedNote.MaxBytes) throw Damaged(path, CosignedPath, "too long");
        return ParseCosigned(Encoding.UTF8.GetString(File.ReadAllBytes(file.FullName)))
            ?? throw Damaged(path, CosignedPath, "no signed checkpoint");
    }

    /// <summary>The sealed identity, ciphertext; empty if there is none.</summary>
    /// <exception cref="CommandFailure">The file cannot be one.</exception>
    public static byte[] ReadIdentity(string path)
    {
        var file = new FileInfo(System.IO.Path.Combine(path, IdentityPath));
        if (!file.Exists) return [];
        return file.Length is >= IdentityMinBytes and <= IdentityMaxBytes
            ? File.ReadAllBytes(file.FullName)
            : throw Damaged(path, IdentityPath, $"{file.Length} bytes are no sealed identity");
    }

    /// <summary>Reads a cosigned head; null if it is none.</summary>
    public static (Checkpoint Head, string Note)? ParseCosigned(string note) =>
        SignedNote.TryParse(Encoding.UTF8.GetBytes(note), out SignedNote? signed, out _)
            && Checkpoint.TryParse(signed.Text.Span, out Checkpoint? head, out _)
                ? (head, note)
                : null;

    /// <summary>What is refused, with its place.</summary>
    public static CommandFailure Damaged(string path, string place, string fault) =>
        new($"{System.IO.Path.Combine(path, place)}: {fault}.", ExitCodes.Refused);

    private static void CheckFormat(string path)
    {
        var file = new FileInfo(System.IO.Path.Combine(path, FormatPath));
        if (!file.Exists)
        {
            throw new CommandFailure(
                $"{path} has no file '{FormatPath}': it is not a data directory, or one that a "
                + "restore did not finish.");
        }
        Span<byte> bytes = stackalloc byte[64];
        using FileStream stream = file.OpenRead();
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (bytes[..length].SequenceEqual(Format)) return;
        throw new CommandFailure(
            $"{file.FullName} says '{Encoding.ASCII.GetString(bytes[..length]).TrimEnd()}': a "
            + "version that this command does not know. Nothing was touched; use the 'sequencer' "
            + "that came with the gateway.");
    }

    private static ulong Sum(List<SegmentFile> segments) =>
        segments.Aggregate(0ul, (sum, segment) => sum + segment.Length);
}
