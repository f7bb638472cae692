using System.Globalization;

namespace Sequencer.Attestation.Auditing;

/// <summary>One segment: a file, and where its first byte stands in the log as a whole.</summary>
/// <param name="Name">Folder and file name, for people.</param>
/// <param name="Path">The file.</param>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Its length, in bytes, when it was listed.</param>
internal sealed record SegmentFile(string Name, string Path, ulong Start, ulong Length)
{
    /// <summary>Reads bytes of the segment; fewer only at its end. What was appended since it was
    /// listed is not part of it.</summary>
    public async Task<int> ReadAsync(
        ulong offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ulong left = Length - Math.Min(Length, offset);
        if ((ulong)destination.Length > left) destination = destination[..(int)left];
        using var file = File.OpenHandle(Path, options: FileOptions.Asynchronous);
        int read = 0;
        while (read < destination.Length)
        {
            int count = await RandomAccess.ReadAsync(
                file, destination[read..], (long)offset + read, cancellationToken);
            if (count == 0) break;
            read += count;
        }
        return read;
    }
}

/// <summary>The segments of <c>log/</c> or <c>payload/</c> (docs/PROTOCOL.md section 15).</summary>
internal static class SegmentFiles
{
    private const string Extension = ".seg";
    private const int StartDigits = 20;

    /// <summary>The segments by their start; none if there is no such folder.</summary>
    public static List<SegmentFile> List(string directory, string folder)
    {
        var segments = new List<SegmentFile>();
        var info = new DirectoryInfo(Path.Combine(directory, folder));
        if (!info.Exists) return segments;
        foreach (FileInfo file in info.EnumerateFiles("*" + Extension))
        {
            string digits = file.Name[..^Extension.Length];
            if (digits.Length == StartDigits
                && ulong.TryParse(
                    digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong start))
            {
                segments.Add(new SegmentFile(
                    $"{folder}/{file.Name}", file.FullName, start, (ulong)file.Length));
            }
        }
        segments.Sort((a, b) => a.Start.CompareTo(b.Start));
        return segments;
    }
}
