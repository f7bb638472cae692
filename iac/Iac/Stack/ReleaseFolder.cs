using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Sequencer.Iac.Stack;

/// <summary>A release as <c>make release</c> writes it, with every file as its list says.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Version">What is in its file <c>VERSION</c>.</param>
/// <param name="Architecture">Processor of its image, as EC2 calls it.</param>
/// <param name="Measurements">Of its image.</param>
/// <param name="Files">Paths within the folder, sorted, <c>SHA256SUMS</c> included.</param>
internal sealed partial record ReleaseFolder(
    string Path,
    string Version,
    string Architecture,
    ImageMeasurements Measurements,
    IReadOnlyList<string> Files)
{
    private const string Sums = "SHA256SUMS";

    // Header of an enclave image: ".eif", version, flags, of which the lowest is set for arm64.
    private const int EifFlagsOffset = 6;
    private const int EifHeaderBytes = 8;

    /// <summary>Reads a folder, and checks every file's digest.</summary>
    /// <exception cref="CommandFailure">It is no release, or a file differs.</exception>
    public static ReleaseFolder Read(string path)
    {
        if (!File.Exists(In(path, Sums)))
        {
            throw Bad($"{path} is no release, for it has no {Sums}: 'make release' makes one.");
        }
        string[] files = CheckFiles(path);
        foreach (string needed in (string[])["VERSION", "measurements.json", "sequencer.eif"])
        {
            if (!files.Contains(needed)) throw Bad($"{path} has no {needed}.");
        }
        string version = File.ReadAllText(In(path, "VERSION")).TrimEnd('\n');
        if (!VersionForm().IsMatch(version)) throw Bad($"'{version}' is no version.");
        return new ReleaseFolder(
            path, version, ArchitectureOf(In(path, "sequencer.eif")),
            ImageMeasurements.Read(In(path, "measurements.json")), files);
    }

    private static string[] CheckFiles(string path)
    {
        var listed = new SortedSet<string>(StringComparer.Ordinal) { Sums };
        foreach (string line in File.ReadLines(In(path, Sums)))
        {
            if (!SumForm().IsMatch(line)) throw Bad($"{In(path, Sums)}: '{line}' is no digest.");
            string name = line[66..];
            using FileStream file = Open(path, name);
            if (Convert.ToHexStringLower(SHA256.HashData(file)) != line[..64])
            {
                throw Bad($"{In(path, name)} is not the file that {Sums} has the digest of.");
            }
            listed.Add(name);
        }
        // What is not listed would be installed unseen.
        var found = new SortedSet<string>(
            Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Select(file => System.IO.Path.GetRelativePath(path, file)),
            StringComparer.Ordinal);
        found.ExceptWith(listed);
        return found.Count == 0
            ? [.. listed]
            : throw Bad($"{In(path, found.Min!)} is not in {Sums}.");
    }

    private static FileStream Open(string path, string name)
    {
        try
        {
            return File.OpenRead(In(path, name));
        }
        catch (IOException)
        {
            throw Bad($"{In(path, name)} is in {Sums} and not there.");
        }
    }

    private static string ArchitectureOf(string path)
    {
        Span<byte> header = stackalloc byte[EifHeaderBytes];
        using FileStream file = File.OpenRead(path);
        if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length
            || !header[..4].SequenceEqual(".eif"u8))
        {
            throw Bad($"{path} is no enclave image.");
        }
        return (BinaryPrimitives.ReadUInt16BigEndian(header[EifFlagsOffset..]) & 1) == 0
            ? "x86_64" : "arm64";
    }

    private static string In(string path, string name) => System.IO.Path.Combine(path, name);

    private static CommandFailure Bad(string message) =>
        new(FailureCodes.BadRelease, message, ExitCodes.Unusable);

    // As setup/ec2/install and user-data take them.
    [GeneratedRegex(@"^[0-9][0-9A-Za-z.+-]*\z")]
    private static partial Regex VersionForm();

    [GeneratedRegex(@"^[0-9a-f]{64}  (?!/)(?!.*\.\./)[^\\\n]+\z")]
    private static partial Regex SumForm();
}
