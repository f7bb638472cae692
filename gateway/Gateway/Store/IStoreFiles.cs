namespace Sequencer.Gateway.Store;

/// <summary>
/// The file operations that the store's promises rest on, under one directory. Paths are relative
/// to it, with '/'; "" is the directory itself. Any method may throw <see cref="IOException"/>.
/// </summary>
/// <remarks>
/// The contract is POSIX's: a write is durable after the file's next <see cref="IStoreFile.Sync"/>,
/// a created, renamed or deleted name after the next <see cref="SyncDirectory"/>.
/// </remarks>
internal interface IStoreFiles
{
    /// <summary>Takes the lock that this process then holds until disposal; null if another has it.
    /// </summary>
    IDisposable? TryLock(string path);

    /// <summary>Makes a directory, and those above it, unless it is there.</summary>
    void CreateDirectory(string path);

    /// <summary>Names of the files in a directory, in no order; none if it does not
    /// exist.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Makes an empty file; it is an error if it exists.</summary>
    IStoreFile Create(string path);

    /// <summary>Opens an existing file.</summary>
    IStoreFile Open(string path);

    /// <summary>Gives a file another name, in place of what had that name.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file.</summary>
    void Delete(string path);

    /// <summary>Makes the names in a directory durable.</summary>
    void SyncDirectory(string path);
}

/// <summary>An open file. Reads may run beside each other and beside a write.</summary>
internal interface IStoreFile : IDisposable
{
    /// <summary>Length, in bytes.</summary>
    long Length { get; }

    /// <summary>Fills the span from an offset; returns less only at the end of the file.</summary>
    int Read(Span<byte> destination, long offset);

    /// <summary>Writes the parts one after the other; returns only when all are written.</summary>
    void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset);

    /// <summary>Cuts the file.</summary>
    void Truncate(long length);

    /// <summary>Makes what was written durable.</summary>
    void Sync();
}
