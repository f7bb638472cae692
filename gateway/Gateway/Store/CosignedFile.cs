using Sequencer.Attestation.Notes;

namespace Sequencer.Gateway.Store;

/// <summary>The newest head that a quorum of the log's witnesses cosigned, with their lines, in the
/// file <c>cosigned</c> (docs/PROTOCOL.md section 15).</summary>
internal sealed class CosignedFile(IStoreFiles files)
{
    private const string FilePath = "cosigned";

    /// <summary>Writes a head so that a crash leaves the old one or the new one.</summary>
    public void Put(ReadOnlyMemory<byte> note) => ReplacedFile.Write(files, "", FilePath, note);

    /// <summary>Clears away what a crash left unfinished.</summary>
    public void Settle() => ReplacedFile.Settle(files, "", FilePath);

    /// <summary>The head and its note; null if there is none.</summary>
    /// <exception cref="StoreDamagedException">The file holds no signed checkpoint.</exception>
    public (Checkpoint Head, byte[] Note)? Read()
    {
        if (!files.List("").Contains(FilePath)) return null;
        using IStoreFile file = files.Open(FilePath);
        var note = new byte[Math.Min(file.Length, SignedNote.MaxBytes + 1)];
        return file.Read(note, 0) == note.Length
            && SignedNote.TryParse(note, out SignedNote? signed, out _)
            && Checkpoint.TryParse(signed.Text.Span, out Checkpoint? head, out _)
                ? (head, note)
                : throw new StoreDamagedException(
                    FilePath, "no signed checkpoint; without the file the witnesses are asked again.");
    }
}
