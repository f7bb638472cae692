using System.Globalization;

namespace Sequencer.Gateway.Store;

/// <summary>The attestation documents of the epochs, a file each.</summary>
internal sealed class EpochDocuments
{
    private const string Directory = "epochs";
    private const string Suffix = ".document";
    private const string Unfinished = ".unfinished";

    private readonly IStoreFiles _files;

    /// <summary>Opens the directory and clears away what a crash left unfinished.</summary>
    public EpochDocuments(IStoreFiles files)
    {
        _files = files;
        foreach (string name in files.List(Directory))
        {
            if (name.EndsWith(Unfinished, StringComparison.Ordinal)) files.Delete($"{Directory}/{name}");
        }
    }

    /// <summary>The path of an epoch's document.</summary>
    public static string PathOf(uint epoch) =>
        $"{Directory}/{epoch.ToString(CultureInfo.InvariantCulture)}{Suffix}";

    /// <summary>Writes a document so that a crash leaves the old one or the new one.</summary>
    public void Put(uint epoch, ReadOnlyMemory<byte> document)
    {
        string path = PathOf(epoch);
        string unfinished = path + Unfinished;
        using (IStoreFile file = _files.Create(unfinished))
        {
            file.Write([document], 0);
            file.Sync();
        }
        _files.Rename(unfinished, path);
        _files.SyncDirectory(Directory);
    }

    /// <summary>A document; null if there is none.</summary>
    public byte[]? Read(uint epoch)
    {
        string path = PathOf(epoch);
        if (!_files.List(Directory).Contains(path[(Directory.Length + 1)..])) return null;
        using IStoreFile file = _files.Open(path);
        var document = new byte[file.Length];
        return file.Read(document, 0) == document.Length
            ? document
            : throw new IOException($"{path} became shorter.");
    }
}
