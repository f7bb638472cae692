namespace Sequencer.Cli.Backups;

/// <summary>
/// The file operations by which backups and restored directories are written, under one folder.
/// Paths are relative to it, with '/'; "" is the folder itself. Any method may throw
/// <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
/// <remarks>
/// The contract is POSIX's: a write is durable after the file's next
/// <see cref="IFolderFile.Sync"/>, a made, renamed or deleted name after the next
/// <see cref="SyncDirectory"/>.
/// </remarks>
internal interface IFolder
{
    /// <summary>Where it is, for people and for reading.</summary>
    string Path { get; }

    /// <summary>Takes a lock, in a file, that this process then holds until disposal; null if
    /// another has it.</summary>
    IDisposable? TryLock(string path);

    /// <summary>Makes a directory, and those above it, unless it is there.</summary>
    void CreateDirectory(string path);

    /// <summary>Names of files and directories in a directory, in no order; none if it does not
    /// exist.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Opens a file for reading and writing, made if it is not there.</summary>
    IFolderFile Open(string path);

    /// <summary>Gives a file another name, in place of what had that name.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file.</summary>
    void Delete(string path);

    /// <summary>Makes the names in a directory durable.</summary>
    void SyncDirectory(string path);
}

/// <summary>An open file.</summary>
internal interface IFolderFile : IDisposable
{
    /// <summary>Length, in bytes.</summary>
    long Length { get; }

    /// <summary>Fills the span from an offset; returns less only at the end of the file.</summary>
    int Read(Span<byte> destination, long offset);

    /// <summary>Writes all bytes at an offset.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Cuts the file.</summary>
    void Truncate(long length);

    /// <summary>Makes what was written durable.</summary>
    void Sync();
}
