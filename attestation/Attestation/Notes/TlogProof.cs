using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Notes;

/// <summary>Why bytes are not a tlog-proof.</summary>
public enum TlogProofRefusal
{
    /// <summary>They are one.</summary>
    None,

    /// <summary>Longer than <see cref="TlogProof.MaxBytes"/>.</summary>
    TooLong,

    /// <summary>Another first line, a missing or unknown line, or no blank line.</summary>
    Malformed,

    /// <summary>The extra line is empty, too long or not base64 in its one form.</summary>
    BadExtra,

    /// <summary>Not a decimal without leading zero below <see cref="TreeHash.MaxSize"/>.</summary>
    BadIndex,

    /// <summary>More than 63 hashes, or one that is not the base64 of 32 bytes.</summary>
    BadPath,

    /// <summary>What follows the blank line is not a signed note.</summary>
    BadNote,
}

/// <summary>
/// An offline proof in the format c2sp.org/tlog-proof@v1: index, inclusion path and the signed
/// checkpoint. Holds what was read; nothing in it is verified, and nothing signs the extra data.
/// </summary>
public sealed class TlogProof
{
    /// <summary>Longest extra data, in bytes: above what the largest receipt makes.</summary>
    public const int MaxExtraBytes = 128 * 1024;

    /// <summary>Longest proof, in bytes: header with extra data and path, and note.</summary>
    public const int MaxBytes = ((MaxExtraBytes + 2) / 3 * 4) + 4096 + SignedNote.MaxBytes;

    private const string FirstLine = "c2sp.org/tlog-proof@v1";
    private const string ExtraPrefix = "extra ";
    private const string IndexPrefix = "index ";

    private TlogProof(
        ReadOnlyMemory<byte> extra, ulong index, IReadOnlyList<Digest> path, SignedNote checkpoint)
    {
        Extra = extra;
        Index = index;
        Path = path;
        Checkpoint = checkpoint;
    }

    /// <summary>Data for the application, without any authentication; empty if there is none.
    /// </summary>
    public ReadOnlyMemory<byte> Extra { get; }

    /// <summary>Index of the leaf.</summary>
    public ulong Index { get; }

    /// <summary>The inclusion path, the leaf's sibling first.</summary>
    public IReadOnlyList<Digest> Path { get; }

    /// <summary>The checkpoint's note with all its signature lines.</summary>
    public SignedNote Checkpoint { get; }

    /// <summary>Makes a proof to be written.</summary>
    /// <exception cref="ArgumentException">A part is above its limit.</exception>
    public static TlogProof Create(
        ulong index, IReadOnlyList<Digest> path, SignedNote checkpoint,
        ReadOnlyMemory<byte> extra = default)
    {
        if (index >= TreeHash.MaxSize || path.Count > TreeHash.MaxInclusionPath
            || extra.Length > MaxExtraBytes)
        {
            throw new ArgumentException("Index, path or extra data above the limit.");
        }
        return new TlogProof(extra, index, path, checkpoint);
    }

    /// <summary>Reads the one encoding of a proof.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out TlogProof? proof, out TlogProofRefusal refusal)
    {
        proof = null;
        refusal = TlogProofRefusal.TooLong;
        if (bytes.Length > MaxBytes) return false;
        // No header line is empty, so the first blank line ends the header.
        int blank = bytes.IndexOf("\n\n"u8);
        refusal = TlogProofRefusal.Malformed;
        if (blank < 0 || !Ascii.IsValid(bytes[..blank])) return false;
        refusal = ReadHeader(
            Encoding.ASCII.GetString(bytes[..blank]).Split('\n'),
            out byte[] extra, out ulong index, out Digest[] path);
        if (refusal != TlogProofRefusal.None) return false;

        refusal = TlogProofRefusal.BadNote;
        if (!SignedNote.TryParse(bytes[(blank + 2)..], out SignedNote? note, out _)) return false;
        refusal = TlogProofRefusal.None;
        proof = new TlogProof(extra, index, path, note);
        return true;
    }

    /// <summary>The bytes of the proof: those that it was read from.</summary>
    public byte[] ToBytes()
    {
        var header = new StringBuilder(FirstLine).Append('\n');
        if (!Extra.IsEmpty)
        {
            header.Append(ExtraPrefix).Append(Convert.ToBase64String(Extra.Span)).Append('\n');
        }
        header.Append(CultureInfo.InvariantCulture, $"{IndexPrefix}{Index}\n");
        foreach (Digest hash in Path) header.Append(hash.ToBase64()).Append('\n');
        header.Append('\n');
        return [.. Encoding.ASCII.GetBytes(header.ToString()), .. Checkpoint.ToBytes()];
    }

    private static TlogProofRefusal ReadHeader(
        ReadOnlySpan<string> lines, out byte[] extra, out ulong index, out Digest[] path)
    {
        (extra, index, path) = ([], 0, []);
        if (lines[0] != FirstLine) return TlogProofRefusal.Malformed;
        lines = lines[1..];

        if (lines.Length > 0 && lines[0].StartsWith(ExtraPrefix, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> base64 = lines[0].AsSpan(ExtraPrefix.Length);
            if (!CanonicalText.TryParseBase64(base64, out extra)) return TlogProofRefusal.BadExtra;
            if (extra.Length is 0 or > MaxExtraBytes) return TlogProofRefusal.BadExtra;
            lines = lines[1..];
        }

        if (lines.Length == 0 || !lines[0].StartsWith(IndexPrefix, StringComparison.Ordinal))
        {
            return TlogProofRefusal.Malformed;
        }
        ReadOnlySpan<char> digits = lines[0].AsSpan(IndexPrefix.Length);
        if (!CanonicalText.TryParseDecimal(digits, out index) || index == TreeHash.MaxSize)
        {
            return TlogProofRefusal.BadIndex;
        }
        lines = lines[1..];

        if (lines.Length > TreeHash.MaxInclusionPath) return TlogProofRefusal.BadPath;
        path = new Digest[lines.Length];
        for (int i = 0; i < path.Length; i++)
        {
            if (!Digest.TryParseBase64(lines[i], out path[i])) return TlogProofRefusal.BadPath;
        }
        return TlogProofRefusal.None;
    }
}
