using System.Text;
using Sequencer.Witness.State;

namespace Sequencer.Witness.Signing;

/// <summary>The witness's key in its state directory: made once, then the same for ever.</summary>
internal static class KeyFile
{
    private const string Name = "key";

    /// <summary>Reads the key, or makes it where there is none yet.</summary>
    /// <exception cref="WitnessStateException">The file is open to others, damaged, of another
    /// name, or missing where there are states that it signed.</exception>
    public static CosigningKey Open(StateDirectory files, string name)
    {
        if (files.Read(Name) is null) Make(files, name);
        string path = files.At(Name);
        if (!files.IsPrivate(Name))
        {
            throw new WitnessStateException(
                $"{path} can be read by others than its owner: chmod 600 it, and consider the key "
                + "known.");
        }
        byte[] bytes = files.Read(Name)!;
        try
        {
            string text = Encoding.UTF8.GetString(bytes);
            if (!text.EndsWith('\n') || !CosigningKey.TryParse(text.AsSpan()[..^1], out var key))
            {
                throw new WitnessStateException($"{path} is damaged: it holds no key.");
            }
            if (key.Verifier.Name == name) return key;
            throw new WitnessStateException(
                $"{path} is the key of {key.Verifier.Name}, not of {name}: a name cannot change "
                + "under a key that others trust.");
        }
        finally
        {
            Array.Clear(bytes);
        }
    }

    private static void Make(StateDirectory files, string name)
    {
        char[] text = CosigningKey.Generate(name);
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), (byte)'\n'];
        files.Replace(Name, bytes);
        Array.Clear(text);
        Array.Clear(bytes);
    }
}
