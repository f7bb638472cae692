using System.Globalization;
using System.Text;

namespace Sequencer.Attestation.Merkle;

/// <summary>
/// The name of a tile (c2sp.org/tlog-tiles): 256 hashes of one level, or the 256 entries under a
/// level 0 tile, or the first <see cref="Width"/> of either. Text: <c>tile/0/x001/x234/067.p/5</c>
/// and <c>tile/entries/000</c>. A value holds only what has a text: see <see cref="TryCreate"/>.
/// </summary>
public readonly record struct TilePath
{
    /// <summary>Hashes or entries in a full tile.</summary>
    public const int FullWidth = 256;

    /// <summary>Highest tile level that a path can name.</summary>
    public const int MaxLevel = 63;

    /// <summary>Largest tile index: that of the last leaf of the largest tree.</summary>
    public const ulong MaxIndex = (TreeHash.MaxSize - 1) / FullWidth;

    /// <summary>Longest text, in characters: a bound for readers of request paths.</summary>
    public const int MaxTextLength = 64;

    private const int EntriesLevel = -1;
    private const string Prefix = "tile/";
    private const string EntriesName = "entries";

    // Stored less one, so that the default value is a tile too: the first full tile of hashes.
    private readonly int _missing;

    private TilePath(int level, ulong index, int width)
    {
        Level = level;
        Index = index;
        _missing = FullWidth - width;
    }

    /// <summary>Tile level, 0 to 63: level L holds roots of 256^L leaves. -1 for entries.</summary>
    public int Level { get; }

    /// <summary>Position among the tiles of its level, from 0.</summary>
    public ulong Index { get; }

    /// <summary>Number of hashes or entries, 1 to 256.</summary>
    public int Width => FullWidth - _missing;

    /// <summary>True for a bundle of entries.</summary>
    public bool IsEntries => Level == EntriesLevel;

    /// <summary>True below 256 hashes or entries.</summary>
    public bool IsPartial => _missing != 0;

    /// <summary>The tile of hashes with these coordinates; false if one is out of range.</summary>
    public static bool TryCreate(int level, ulong index, int width, out TilePath path)
    {
        bool valid = level is >= 0 and <= MaxLevel && index <= MaxIndex && width is >= 1 and <= 256;
        path = valid ? new TilePath(level, index, width) : default;
        return valid;
    }

    /// <summary>The tile of hashes with these coordinates.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is out of range.</exception>
    public static TilePath Hashes(int level, ulong index, int width = FullWidth) =>
        TryCreate(level, index, width, out TilePath path)
            ? path
            : throw new ArgumentOutOfRangeException(nameof(level), "No such tile.");

    /// <summary>The bundle of entries under a level 0 tile.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A coordinate is out of range.</exception>
    public static TilePath Entries(ulong index, int width = FullWidth) =>
        new(EntriesLevel, Hashes(0, index, width).Index, width);

    /// <summary>Reads the one text of a tile; anything else is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TilePath path)
    {
        path = default;
        if (text.Length > MaxTextLength || !text.StartsWith(Prefix)) return false;
        ReadOnlySpan<char> rest = text[Prefix.Length..];

        int slash = rest.IndexOf('/');
        if (slash < 0 || !TryParseLevel(rest[..slash], out int level)) return false;
        rest = rest[(slash + 1)..];

        int width = FullWidth;
        int partial = rest.IndexOf(".p/");
        if (partial >= 0)
        {
            if (!TryParseNumber(rest[(partial + 3)..], FullWidth - 1, out width)) return false;
            if (width == 0) return false;
            rest = rest[..partial];
        }
        if (!TryParseIndex(rest, out ulong index)) return false;
        path = new TilePath(level, index, width);
        return true;
    }

    /// <summary>The text of the path, without a leading slash.</summary>
    public override string ToString()
    {
        string level = IsEntries ? EntriesName : Level.ToString(CultureInfo.InvariantCulture);
        var text = new StringBuilder(MaxTextLength).Append(Prefix).Append(level).Append('/');
        string digits = Index.ToString(CultureInfo.InvariantCulture);
        digits = digits.PadLeft((digits.Length + 2) / 3 * 3, '0');
        for (int i = 0; i < digits.Length - 3; i += 3)
        {
            text.Append('x').Append(digits, i, 3).Append('/');
        }
        text.Append(digits, digits.Length - 3, 3);
        if (IsPartial) text.Append(CultureInfo.InvariantCulture, $".p/{Width}");
        return text.ToString();
    }

    private static bool TryParseLevel(ReadOnlySpan<char> text, out int level)
    {
        level = EntriesLevel;
        return text.SequenceEqual(EntriesName) || TryParseNumber(text, MaxLevel, out level);
    }

    /// <summary>Groups of three digits: 1234067 is x001/x234/067.</summary>
    private static bool TryParseIndex(ReadOnlySpan<char> text, out ulong index)
    {
        index = 0;
        for (bool first = true; ; first = false)
        {
            bool more = text.Length > 0 && text[0] == 'x';
            if (more) text = text[1..];
            if (text.Length < 3) return false;
            ulong group = 0;
            foreach (char c in text[..3])
            {
                if (!char.IsAsciiDigit(c)) return false;
                group = (group * 10) + (ulong)(c - '0');
            }
            // A leading group of zeros would be a second text for the same index.
            if (first && more && group == 0) return false;
            // Checked before the product, which could pass 64 bits.
            if (index > MaxIndex / 1000) return false;
            index = (index * 1000) + group;
            if (index > MaxIndex) return false;
            text = text[3..];
            if (!more) return text.IsEmpty;
            if (text.IsEmpty || text[0] != '/') return false;
            text = text[1..];
        }
    }

    /// <summary>Decimal digits without a leading zero, at most <paramref name="max"/>.</summary>
    private static bool TryParseNumber(ReadOnlySpan<char> text, int max, out int value)
    {
        value = 0;
        if (text.Length is 0 or > 3 || (text[0] == '0' && text.Length > 1)) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            value = (value * 10) + (c - '0');
        }
        return value <= max;
    }
}
