using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Attestation.Notes;

/// <summary>
/// One signature line of a note, not verified: U+2014, space, key name, space, base64 of the key id
/// (4 bytes, big endian) and the signature.
/// </summary>
/// <param name="KeyName">Who claims to have signed.</param>
/// <param name="KeyId">A hint at the key, see <see cref="KeyIds"/>.</param>
/// <param name="Signature">At least one byte, whose form the key's type gives.</param>
public sealed record NoteSignature(string KeyName, uint KeyId, ReadOnlyMemory<byte> Signature)
{
    private const string LinePrefix = "\u2014 ";
    private const int KeyIdBytes = 4;

    /// <summary>Reads the one text of a signature line, without its line feed.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> line, [NotNullWhen(true)] out NoteSignature? signature)
    {
        signature = null;
        if (line.Length > SignedNote.MaxBytes || !line.StartsWith(LinePrefix)) return false;
        line = line[LinePrefix.Length..];
        int space = line.IndexOf(' ');
        if (space < 0 || !CanonicalText.IsKeyName(line[..space])) return false;
        if (!CanonicalText.TryParseBase64(line[(space + 1)..], out byte[] bytes)) return false;
        if (bytes.Length <= KeyIdBytes) return false;
        signature = new NoteSignature(
            line[..space].ToString(), BinaryPrimitives.ReadUInt32BigEndian(bytes),
            bytes.AsMemory(KeyIdBytes));
        return true;
    }

    /// <summary>The line, without its line feed.</summary>
    public override string ToString()
    {
        var bytes = new byte[KeyIdBytes + Signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
        Signature.CopyTo(bytes.AsMemory(KeyIdBytes));
        return $"{LinePrefix}{KeyName} {Convert.ToBase64String(bytes)}";
    }
}
