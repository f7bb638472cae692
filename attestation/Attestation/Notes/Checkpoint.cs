using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Notes;

/// <summary>Why a text is not a checkpoint of a log of this kind.</summary>
public enum CheckpointRefusal
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>Not three or more lines of UTF-8, each ended by a line feed.</summary>
    Malformed,

    /// <summary>The origin is empty, too long or has a space, '+' or control character.</summary>
    BadOrigin,

    /// <summary>Not a decimal without leading zero up to <see cref="TreeHash.MaxSize"/>.</summary>
    BadSize,

    /// <summary>Not the base64 of 32 bytes.</summary>
    BadRoot,

    /// <summary>Size 0 with another root than <see cref="TreeHash.EmptyRoot"/>.</summary>
    BadEmptyRoot,

    /// <summary>A fourth line: the enclave never writes one, so it did not write this.</summary>
    ExtensionLine,
}

/// <summary>
/// A tree head (c2sp.org/tlog-checkpoint), the text of a signed note: origin, size and root, one a
/// line. Extension lines, which the format allows and no monitor can audit, are refused.
/// </summary>
public sealed record Checkpoint
{
    /// <summary>Longest text, in bytes.</summary>
    public const int MaxTextBytes = 4096;

    /// <summary>Makes a checkpoint to be signed.</summary>
    /// <exception cref="ArgumentException">No reader would accept it.</exception>
    public Checkpoint(string origin, ulong size, Digest root)
    {
        CheckpointRefusal refusal = Check(origin, size, root);
        if (refusal != CheckpointRefusal.None)
        {
            throw new ArgumentException($"Not a checkpoint: {refusal}.");
        }
        Origin = origin;
        Size = size;
        Root = root;
    }

    /// <summary>The log's address, which is also the name of its keys.</summary>
    public string Origin { get; }

    /// <summary>Number of leaves.</summary>
    public ulong Size { get; }

    /// <summary>RFC 6962 root over them.</summary>
    public Digest Root { get; }

    /// <summary>Reads the one text of a checkpoint.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> text,
        [NotNullWhen(true)] out Checkpoint? checkpoint, out CheckpointRefusal refusal)
    {
        checkpoint = null;
        refusal = CheckpointRefusal.Malformed;
        if (text.Length > MaxTextBytes || !Utf8.IsValid(text)) return false;
        string[] lines = Encoding.UTF8.GetString(text).Split('\n');
        // The last line feed leaves an empty piece.
        if (lines.Length < 4 || lines[^1].Length > 0) return false;

        refusal = CheckpointRefusal.ExtensionLine;
        if (lines.Length > 4) return false;
        refusal = CheckpointRefusal.BadSize;
        if (!CanonicalText.TryParseDecimal(lines[1], out ulong size)) return false;
        refusal = CheckpointRefusal.BadRoot;
        if (!Digest.TryParseBase64(lines[2], out Digest root)) return false;
        refusal = Check(lines[0], size, root);
        if (refusal == CheckpointRefusal.None) checkpoint = new Checkpoint(lines[0], size, root);
        return checkpoint is not null;
    }

    /// <summary>The text: what a signature covers.</summary>
    public byte[] ToText() => Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root.ToBase64()}\n"));

    private static CheckpointRefusal Check(string origin, ulong size, Digest root)
    {
        if (!CanonicalText.IsKeyName(origin)) return CheckpointRefusal.BadOrigin;
        if (size > TreeHash.MaxSize) return CheckpointRefusal.BadSize;
        return size == 0 && root != TreeHash.EmptyRoot
            ? CheckpointRefusal.BadEmptyRoot
            : CheckpointRefusal.None;
    }
}
