using System.Globalization;

namespace Sequencer.Gateway.Store;

/// <summary>The attestation documents of the epochs, a file each.</summary>
internal sealed class EpochDocuments(IStoreFiles files)
{
    /// <summary>Where they are.</summary>
    public const string Directory = "epochs";

    private const string Suffix = ".document";

    /// <summary>The path of an epoch's document.</summary>
    public static string PathOf(uint epoch) =>
        $"{Directory}/{epoch.ToString(CultureInfo.InvariantCulture)}{Suffix}";

    /// <summary>Writes a document so that a crash leaves the old one or the new one.</summary>
    public void Put(uint epoch, ReadOnlyMemory<byte> document) =>
        ReplacedFile.Write(files, Directory, PathOf(epoch), document);

    /// <summary>
    /// Clears away what a crash left unfinished, and makes durable what it may have left in doubt.
    /// </summary>
    public void Settle()
    {
        foreach (string name in files.List(Directory))
        {
            bool isUnfinished = name.EndsWith(ReplacedFile.Unfinished, StringComparison.Ordinal);
            if (isUnfinished) files.Delete($"{Directory}/{name}");
        }
        files.SyncDirectory(Directory);
    }

    /// <summary>The newest epoch that has its document; null if there is none.</summary>
    public uint? Newest()
    {
        uint? newest = null;
        foreach (string name in files.List(Directory))
        {
            if (!name.EndsWith(Suffix, StringComparison.Ordinal)) continue;
            if (!uint.TryParse(
                name.AsSpan(0, name.Length - Suffix.Length),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out uint epoch))
            {
                continue;
            }
            newest = Math.Max(newest ?? 0, epoch);
        }
        return newest;
    }

    /// <summary>True if an epoch has its document.</summary>
    public bool Exists(uint epoch) =>
        files.List(Directory).Contains(PathOf(epoch)[(Directory.Length + 1)..]);

    /// <summary>A document; null if there is none.</summary>
    public byte[]? Read(uint epoch)
    {
        if (!Exists(epoch)) return null;
        string path = PathOf(epoch);
        using IStoreFile file = files.Open(path);
        var document = new byte[file.Length];
        return file.Read(document, 0) == document.Length
            ? document
            : throw new IOException($"{path} became shorter.");
    }
}
