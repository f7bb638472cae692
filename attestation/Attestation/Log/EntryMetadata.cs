using System.Buffers.Binary;
using System.Text;

namespace Sequencer.Attestation.Log;

/// <summary>
/// What the caller says of a payload: event type, content type and pairs (docs/PROTOCOL.md section 2).
/// </summary>
public sealed class EntryMetadata
{
    private const byte Version = 1;

    private EntryMetadata(
        string type, string contentType, IReadOnlyList<KeyValuePair<string, string>> pairs, byte[] block)
    {
        Type = type;
        ContentType = contentType;
        Pairs = pairs;
        Block = block;
    }

    /// <summary>No metadata at all.</summary>
    public static EntryMetadata Empty { get; } = new("", "", [], [Version, 0, 0, 0, 0]);

    /// <summary>Event type, or empty.</summary>
    public string Type { get; }

    /// <summary>Content type of the payload, or empty.</summary>
    public string ContentType { get; }

    /// <summary>The caller's pairs, ascending by the bytes of their keys.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs { get; }

    /// <summary>The encoded block.</summary>
    public ReadOnlyMemory<byte> Block { get; }

    /// <summary>
    /// Encodes metadata; pairs may come in any order. False, with the reason for people, when a limit
    /// or rule of section 2 is broken.
    /// </summary>
    public static bool TryCreate(
        string type,
        string contentType,
        IEnumerable<KeyValuePair<string, string>> pairs,
        out EntryMetadata metadata,
        out string fault)
    {
        metadata = Empty;
        var block = new MemoryStream();
        block.WriteByte(Version);
        if (!TryAppendShort(block, type)) return Refused("type: 0 to 255 bytes of text", out fault);
        if (!TryAppendShort(block, contentType))
        {
            return Refused("content type: 0 to 255 bytes of text", out fault);
        }
        (byte[] Key, byte[] Value)[] sorted =
        [
            .. pairs.Select(p => (Key: Encoding.UTF8.GetBytes(p.Key), Value: Encoding.UTF8.GetBytes(p.Value)))
                .Order(Comparer<(byte[] Key, byte[] Value)>.Create(
                    (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key))),
        ];
        if (sorted.Length > Limits.MetadataPairsMax)
        {
            return Refused($"metadata: at most {Limits.MetadataPairsMax} pairs", out fault);
        }
        AppendLength(block, sorted.Length);
        foreach ((byte[] key, byte[] value) in sorted)
        {
            if (key.Length is 0 or > Limits.NameMaxBytes || value.Length > Limits.MetadataMaxBytes)
            {
                return Refused("metadata: keys have 1 to 255 bytes, the block at most 8192", out fault);
            }
            block.WriteByte((byte)key.Length);
            block.Write(key);
            AppendLength(block, value.Length);
            block.Write(value);
        }
        if (!TryParse(block.ToArray(), out metadata!))
        {
            metadata = Empty;
            return Refused(
                "metadata: distinct keys, no control characters, at most 8192 bytes in all", out fault);
        }
        fault = "";
        return true;
    }

    /// <summary>
    /// Reads a block that must fill <paramref name="block"/>; false unless canonical.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> block, out EntryMetadata? metadata)
    {
        metadata = null;
        if (block.Length > Limits.MetadataMaxBytes || block.IsEmpty || block[0] != Version)
        {
            return false;
        }
        ReadOnlySpan<byte> rest = block[1..];
        if (!TryReadShort(ref rest, out string type)) return false;
        if (!TryReadShort(ref rest, out string contentType)) return false;
        if (rest.Length < 2) return false;
        int count = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[2..];
        if (count > Limits.MetadataPairsMax) return false;
        var pairs = new List<KeyValuePair<string, string>>(count);
        ReadOnlySpan<byte> lastKey = default;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = rest.IsEmpty || rest.Length < 1 + rest[0] ? [] : rest.Slice(1, rest[0]);
            if (!TryReadShort(ref rest, out string keyText) || keyText.Length == 0) return false;
            if (key.SequenceCompareTo(lastKey) <= 0) return false;
            if (rest.Length < 2) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (rest.Length < 2 + length || !Utf8Text.IsPlain(rest.Slice(2, length))) return false;
            pairs.Add(new(keyText, Encoding.UTF8.GetString(rest.Slice(2, length))));
            rest = rest[(2 + length)..];
            lastKey = key;
        }
        if (!rest.IsEmpty) return false;
        metadata = new EntryMetadata(type, contentType, pairs, block.ToArray());
        return true;
    }

    private static bool TryReadShort(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.IsEmpty || rest.Length < 1 + rest[0]) return false;
        ReadOnlySpan<byte> bytes = rest.Slice(1, rest[0]);
        if (!Utf8Text.IsPlain(bytes)) return false;
        text = Encoding.UTF8.GetString(bytes);
        rest = rest[(1 + bytes.Length)..];
        return true;
    }

    private static bool TryAppendShort(MemoryStream block, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > Limits.NameMaxBytes) return false;
        block.WriteByte((byte)bytes.Length);
        block.Write(bytes);
        return true;
    }

    private static void AppendLength(MemoryStream block, int length)
    {
        block.WriteByte((byte)(length >> 8));
        block.WriteByte((byte)length);
    }

    private static bool Refused(string reason, out string fault)
    {
        fault = reason;
        return false;
    }
}
