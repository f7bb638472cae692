using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sequencer.Attestation.Notes;

/// <summary>
/// What is sent to a witness (c2sp.org/tlog-witness, add-checkpoint): the size that the witness is
/// thought to know, the consistency proof from there, and the checkpoint. Nothing is verified.
/// </summary>
/// <param name="OldSize">Size of the newest head that the witness cosigned; 0 if none.</param>
/// <param name="Proof">From that size to the checkpoint's; empty for size 0.</param>
/// <param name="Checkpoint">The signed note.</param>
public sealed record AddCheckpointRequest(
    ulong OldSize, ReadOnlyMemory<Digest> Proof, SignedNote Checkpoint)
{
    /// <summary>Longest body, in bytes.</summary>
    public const int MaxBytes = 4096 + SignedNote.MaxBytes;

    /// <summary>Most hashes of a proof.</summary>
    public const int ProofMax = 63;

    private const string OldPrefix = "old ";

    /// <summary>Reads the one form of a request.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> body, [NotNullWhen(true)] out AddCheckpointRequest? request)
    {
        request = null;
        if (body.Length > MaxBytes) return false;
        // No line of the header is empty, so the first blank line ends it.
        int blank = body.IndexOf("\n\n"u8);
        if (blank < 0 || !Ascii.IsValid(body[..blank])) return false;
        string[] lines = Encoding.ASCII.GetString(body[..blank]).Split('\n');
        if (!lines[0].StartsWith(OldPrefix, StringComparison.Ordinal)) return false;
        ReadOnlySpan<char> digits = lines[0].AsSpan(OldPrefix.Length);
        if (!CanonicalText.TryParseDecimal(digits, out ulong oldSize)) return false;

        if (lines.Length - 1 > ProofMax) return false;
        var proof = new Digest[lines.Length - 1];
        for (int i = 0; i < proof.Length; i++)
        {
            if (!Digest.TryParseBase64(lines[i + 1], out proof[i])) return false;
        }
        if (!SignedNote.TryParse(body[(blank + 2)..], out SignedNote? note, out _)) return false;
        request = new AddCheckpointRequest(oldSize, proof, note);
        return true;
    }

    /// <summary>The body.</summary>
    public byte[] Encode()
    {
        var header = new StringBuilder();
        header.Append(CultureInfo.InvariantCulture, $"{OldPrefix}{OldSize}\n");
        foreach (Digest hash in Proof.Span) header.Append(hash.ToBase64()).Append('\n');
        header.Append('\n');
        return [.. Encoding.ASCII.GetBytes(header.ToString()), .. Checkpoint.ToBytes()];
    }
}
