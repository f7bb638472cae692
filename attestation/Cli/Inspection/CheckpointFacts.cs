using System.Globalization;
using Sequencer.Attestation.Notes;

namespace Sequencer.Cli.Inspection;

/// <summary>What a signed checkpoint says.</summary>
internal static class CheckpointFacts
{
    public static void Add(Facts facts, Checkpoint checkpoint, SignedNote note)
    {
        facts.Add("origin", checkpoint.Origin);
        facts.Add("size", checkpoint.Size);
        facts.Add("root", checkpoint.Root.ToHex());
        int line = 1;
        foreach (NoteSignature signature in note.Signatures)
        {
            facts.Add(
                $"signature {line++}",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{signature.KeyName}, key id {signature.KeyId:x8}, {signature.Signature.Length} bytes"));
        }
    }
}
