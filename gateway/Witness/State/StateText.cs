using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Witness.State;

/// <summary>An epoch that the witness was taught, as stored.</summary>
internal sealed record StoredEpoch(ReadOnlyMemory<byte> Statement, ReadOnlyMemory<byte> Document);

/// <summary>The newest head that the witness cosigned, as stored.</summary>
/// <param name="Epoch">Number of the epoch that signed it.</param>
/// <param name="Statement">H(statement) of that epoch.</param>
/// <param name="Note">The text, the epoch's two lines and the witness's own.</param>
internal sealed record StoredHead(uint Epoch, Digest Statement, ReadOnlyMemory<byte> Note);

/// <summary>
/// What a witness remembers of a log, as lines of text that end in a checksum: a file that was cut
/// short or edited is noticed, never half believed.
/// </summary>
internal sealed record StateText(
    Digest LogId, ImmutableArray<StoredEpoch> Epochs, StoredHead? Head)
{
    private const string FirstLine = "sequencer-witness-state/v1";

    public byte[] Encode()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{FirstLine}\nlog {LogId.ToHex()}\n");
        foreach (StoredEpoch epoch in Epochs)
        {
            string statement = Convert.ToBase64String(epoch.Statement.Span);
            string document = Convert.ToBase64String(epoch.Document.Span);
            text.Append(CultureInfo.InvariantCulture, $"epoch {statement} {document}\n");
        }
        if (Head is { } head)
        {
            string note = Convert.ToBase64String(head.Note.Span);
            text.Append(
                CultureInfo.InvariantCulture,
                $"head {head.Epoch} {head.Statement.ToHex()} {note}\n");
        }
        byte[] lines = Encoding.ASCII.GetBytes(text.ToString());
        return [.. lines, .. Encoding.ASCII.GetBytes($"sha256 {Sha256.Hash(lines).ToHex()}\n")];
    }

    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out StateText? state)
    {
        state = null;
        if (!Ascii.IsValid(bytes)) return false;
        string[] lines = Encoding.ASCII.GetString(bytes).Split('\n');
        if (lines.Length < 4 || lines[0] != FirstLine) return false;
        if (Words(lines[1], "log", 1) is not [string id]) return false;
        if (!Digest.TryParseHex(id, out Digest logId)) return false;

        var epochs = ImmutableArray.CreateBuilder<StoredEpoch>();
        StoredHead? head = null;
        foreach (string line in lines.AsSpan(2, lines.Length - 4))
        {
            if (Words(line, "epoch", 2) is [string statement, string document])
            {
                if (!TryBase64(statement, out byte[] s)) return false;
                if (!TryBase64(document, out byte[] d)) return false;
                epochs.Add(new StoredEpoch(s, d));
            }
            else if (!TryReadHead(line, out head))
            {
                return false;
            }
        }
        var read = new StateText(logId, epochs.ToImmutable(), head);
        // Whatever the checksum line or the spelling, only what would be written again counts.
        if (bytes.SequenceEqual(read.Encode())) state = read;
        return state is not null;
    }

    private static bool TryReadHead(string line, [NotNullWhen(true)] out StoredHead? head)
    {
        head = null;
        if (Words(line, "head", 3) is not [string number, string statement, string note])
        {
            return false;
        }
        if (!uint.TryParse(
            number, NumberStyles.None, CultureInfo.InvariantCulture, out uint epoch))
        {
            return false;
        }
        if (!Digest.TryParseHex(statement, out Digest hash)) return false;
        if (TryBase64(note, out byte[] bytes)) head = new StoredHead(epoch, hash, bytes);
        return head is not null;
    }

    private static string[] Words(string line, string first, int count)
    {
        string[] words = line.Split(' ');
        return words.Length == count + 1 && words[0] == first ? words[1..] : [];
    }

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 4 * 3];
        bool isRead = Convert.TryFromBase64String(text, bytes, out int length);
        bytes = isRead ? bytes[..length] : [];
        return isRead;
    }
}
