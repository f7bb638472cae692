using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Following;

/// <summary>
/// How far somebody has followed a log: enough to go on from there, and to notice a log that was cut
/// back or has another history by then. Kept by the one who follows; the log never sees it.
/// </summary>
/// <remarks>As text: five kinds of lines, <c>sequencer-position/v1</c>, the log id, the size, the
/// leaf hash of the last record, and a subtree root for every set bit of the size, the largest first;
/// hexadecimal, each ended by a line feed.</remarks>
public sealed class LogPosition
{
    private const string Format = "sequencer-position/v1";
    private const int FixedLines = 4;

    private readonly TreeFrontier _frontier;

    internal LogPosition(Digest logId, TreeFrontier frontier, Digest lastLeaf)
    {
        LogId = logId;
        _frontier = frontier.Clone();
        LastLeaf = lastLeaf;
    }

    /// <summary>The log.</summary>
    public Digest LogId { get; }

    /// <summary>Count of records before it: the number of the next.</summary>
    public ulong Size => _frontier.Size;

    /// <summary>Root over the records before it.</summary>
    public Digest Root => _frontier.Root();

    /// <summary>Leaf hash of the last record before it; zero at the start.</summary>
    public Digest LastLeaf { get; }

    /// <summary>The right edge of the tree.</summary>
    internal TreeFrontier Frontier => _frontier.Clone();

    /// <summary>The position before the first record of a log.</summary>
    public static LogPosition Start(Digest logId) =>
        new(logId, new TreeFrontier(), Digest.Zero);

    /// <summary>
    /// A position that somebody tells: false unless there is a hash for every set bit of the size.
    /// The first head that follows proves the hashes.
    /// </summary>
    /// <param name="logId">The log.</param>
    /// <param name="size">Count of records before it.</param>
    /// <param name="hashes">Subtree roots, the largest first.</param>
    /// <param name="lastLeaf">Leaf hash of the last record before it.</param>
    /// <param name="position">The position.</param>
    public static bool TryCreate(
        in Digest logId,
        ulong size,
        ReadOnlySpan<Digest> hashes,
        in Digest lastLeaf,
        [NotNullWhen(true)] out LogPosition? position)
    {
        bool isWhole = TreeFrontier.TryRestore(size, hashes, out TreeFrontier frontier);
        position = isWhole ? new LogPosition(logId, frontier, lastLeaf) : null;
        return isWhole;
    }

    /// <summary>Reads what <see cref="ToText"/> gave; anything else is refused.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LogPosition? position)
    {
        ArgumentNullException.ThrowIfNull(text);
        position = null;
        string[] lines = text.Split('\n');
        if (lines.Length is <= FixedLines or > FixedLines + 1 + TreeFrontier.MaxHashes
            || lines[0] != Format
            || !Digest.TryParseHex(lines[1], out Digest logId)
            || !ulong.TryParse(
                lines[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong size)
            || !Digest.TryParseHex(lines[3], out Digest last))
        {
            return false;
        }
        var hashes = new Digest[lines.Length - FixedLines - 1];
        for (int i = 0; i < hashes.Length; i++)
        {
            if (!Digest.TryParseHex(lines[FixedLines + i], out hashes[i])) return false;
        }
        if (!TryCreate(logId, size, hashes, last, out LogPosition? read)) return false;
        // One text for each position.
        if (read.ToText() != text) return false;
        position = read;
        return true;
    }

    /// <summary>The position as text, to be kept.</summary>
    public string ToText()
    {
        var hashes = new Digest[_frontier.HashCount];
        _frontier.CopyHashesTo(hashes);
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Format}\n{LogId.ToHex()}\n{Size}\n{LastLeaf.ToHex()}\n");
        foreach (Digest hash in hashes) text.Append(hash.ToHex()).Append('\n');
        return text.ToString();
    }
}
