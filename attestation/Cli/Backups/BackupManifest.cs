using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Notes;

namespace Sequencer.Cli.Backups;

/// <summary>A file of a backup.</summary>
/// <param name="Path">Below the backup's folder, as in a data directory.</param>
/// <param name="Bytes">How many bytes of it are the backup; what follows them is not.</param>
/// <param name="Sha256">Their digest.</param>
internal sealed record BackupFile(string Path, ulong Bytes, Digest Sha256)
{
    private const int StartDigits = 20;

    /// <summary>For a segment, the offset of its first byte in the log, or payloads, as a whole.
    /// </summary>
    public ulong Start => ulong.Parse(
        Path[^(StartDigits + 4)..^4], NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>True for a segment of <c>log</c> or <c>payload</c>.</summary>
    public bool IsIn(string folder) =>
        Path.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>True for the paths that a backup may have: none leads out of its folder.</summary>
    public static bool IsPath(string path) => path switch
    {
        "format" => true,
        _ when path.StartsWith("epochs/", StringComparison.Ordinal) =>
            path.EndsWith(".document", StringComparison.Ordinal)
            && uint.TryParse(
                path["epochs/".Length..^".document".Length],
                NumberStyles.None, CultureInfo.InvariantCulture, out uint epoch)
            && path == LogFolder.DocumentPath(epoch),
        _ => (path.StartsWith("log/", StringComparison.Ordinal)
                || path.StartsWith("payload/", StringComparison.Ordinal))
            && path.EndsWith(".seg", StringComparison.Ordinal)
            && path.Length == path.IndexOf('/') + 1 + StartDigits + ".seg".Length
            && ulong.TryParse(
                path.AsSpan(path.IndexOf('/') + 1, StartDigits),
                NumberStyles.None, CultureInfo.InvariantCulture, out _),
    };
}

/// <summary>
/// The file <c>backup.json</c> (docs/PROTOCOL.md section 15), written last: what a backup holds.
/// There is one way to write the same backup down, so a changed byte is a refusal or a difference.
/// </summary>
internal sealed record BackupManifest
{
    /// <summary>Its name.</summary>
    public const string FileName = "backup.json";

    /// <summary>Longest manifest, in bytes: some hundred thousand segments.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    private const string Format = "sequencer-backup/v1";

    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The log's origin.</summary>
    public required string Origin { get; init; }

    /// <summary>The log's id.</summary>
    public required Digest LogId { get; init; }

    /// <summary>The newest epoch.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Size of the head that the backup ends with.</summary>
    public required ulong Size { get; init; }

    /// <summary>Root of that head.</summary>
    public required Digest Root { get; init; }

    /// <summary>The newest head that witnesses cosigned, with their lines; empty if there is none.
    /// </summary>
    public string Cosigned { get; init; } = "";

    /// <summary>The log's sealed identity, ciphertext; empty if there is none.</summary>
    public byte[] Identity { get; init; } = [];

    /// <summary>The files, by path.</summary>
    public required IReadOnlyList<BackupFile> Files { get; init; }

    /// <summary>Bytes of the log, or of the payloads, as a whole.</summary>
    public ulong EndOf(string folder) =>
        Files.LastOrDefault(file => file.IsIn(folder)) is { } last ? last.Start + last.Bytes : 0;

    /// <summary>The file's bytes.</summary>
    public byte[] Encode()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options)) Write(json);
        bytes.Write("\n"u8);
        return bytes.ToArray();
    }

    /// <summary>Reads a manifest; the fault is for people.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes,
        [NotNullWhen(true)] out BackupManifest? manifest, [NotNullWhen(false)] out string? fault)
    {
        manifest = null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes);
            string? format = json.RootElement.GetProperty("format").GetString();
            if (format != Format)
            {
                fault = $"its format is '{format}', and this command knows {Format}";
                return false;
            }
            manifest = Read(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or FormatException or KeyNotFoundException)
        {
            fault = "it is damaged: it does not decode";
            return false;
        }
        fault = FaultOf(manifest);
        if (fault is null && !manifest.Encode().AsSpan().SequenceEqual(bytes.Span))
        {
            fault = "it is damaged: it is not in its one form";
        }
        if (fault is not null) manifest = null;
        return manifest is not null;
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteString("origin", Origin);
        json.WriteString("log_id", LogId.ToHex());
        json.WriteNumber("epoch", Epoch);
        json.WriteNumber("size", Size);
        json.WriteString("root", Root.ToHex());
        json.WriteString("cosigned", Cosigned);
        if (Identity.Length > 0)
        {
            json.WriteString("identity", Convert.ToHexStringLower(Identity));
        }
        json.WriteStartArray("files");
        foreach (BackupFile file in Files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteString("sha256", file.Sha256.ToHex());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static BackupManifest Read(JsonElement json) => new()
    {
        Origin = TextOf(json, "origin"),
        LogId = DigestOf(json, "log_id"),
        Epoch = json.GetProperty("epoch").GetUInt32(),
        Size = json.GetProperty("size").GetUInt64(),
        Root = DigestOf(json, "root"),
        Cosigned = TextOf(json, "cosigned"),
        Identity = json.TryGetProperty("identity", out _)
            ? Convert.FromHexString(TextOf(json, "identity"))
            : [],
        Files =
        [
            .. json.GetProperty("files").EnumerateArray().Select(file => new BackupFile(
                TextOf(file, "path"),
                file.GetProperty("bytes").GetUInt64(),
                DigestOf(file, "sha256"))),
        ],
    };

    private static string TextOf(JsonElement json, string name) =>
        json.GetProperty(name).GetString() ?? throw new FormatException();

    private static Digest DigestOf(JsonElement json, string name) =>
        Digest.TryParseHex(json.GetProperty(name).GetString(), out Digest digest)
            ? digest
            : throw new FormatException();

    private static string? FaultOf(BackupManifest manifest)
    {
        if (manifest.Cosigned.Length > SignedNote.MaxBytes) return "its cosigned head is too long";
        if (manifest.Identity.Length
            is not (0 or (>= LogFolder.IdentityMinBytes and <= LogFolder.IdentityMaxBytes)))
        {
            return "its identity is none";
        }
        string? before = null;
        foreach (BackupFile file in manifest.Files)
        {
            if (!BackupFile.IsPath(file.Path)) return "it names a file that is none of a log's";
            if (string.CompareOrdinal(before, file.Path) >= 0) return "its files are not in order";
            before = file.Path;
        }
        foreach (string folder in LogFolder.SegmentFolders)
        {
            ulong end = 0;
            foreach (BackupFile file in manifest.Files.Where(file => file.IsIn(folder)))
            {
                if (file.Start != end || file.Bytes > long.MaxValue - end)
                {
                    return $"a segment is missing before {file.Path}";
                }
                end += file.Bytes;
            }
        }
        return manifest.Files.Any(file => file.Path == LogFolder.FormatPath)
            ? null
            : "it lists no format file";
    }
}
