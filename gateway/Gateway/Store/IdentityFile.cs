namespace Sequencer.Gateway.Store;

/// <summary>The log's sealed identity, in the file <c>identity</c> (docs/PROTOCOL.md section 15).
/// The gateway cannot open it, and nothing can be made of anything else.</summary>
internal sealed class IdentityFile(IStoreFiles files)
{
    /// <summary>Where in the data directory.</summary>
    public const string FilePath = "identity";

    // Of section 19: 84 bytes and the longest blob.
    private const int BytesMax = 84 + 6144;

    /// <summary>Writes it so that a crash leaves the old one or the new one.</summary>
    public void Put(ReadOnlyMemory<byte> identity) =>
        ReplacedFile.Write(files, "", FilePath, identity);

    /// <summary>Clears away what a crash left unfinished.</summary>
    public void Settle() => ReplacedFile.Settle(files, "", FilePath);

    /// <summary>The sealed identity; empty if there is none.</summary>
    /// <exception cref="StoreDamagedException">The file cannot be one.</exception>
    public ReadOnlyMemory<byte> Read()
    {
        if (!files.List("").Contains(FilePath)) return default;
        using IStoreFile file = files.Open(FilePath);
        var identity = new byte[Math.Min(file.Length, BytesMax + 1)];
        return identity.Length is > 0 and <= BytesMax && file.Read(identity, 0) == identity.Length
            ? identity
            : throw new StoreDamagedException(
                FilePath, "no sealed identity; put a copy of it there.");
    }
}
