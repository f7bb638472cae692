using Microsoft.Win32.SafeHandles;
using Sequencer.Gateway.Store;

namespace Sequencer.Witness.State;

/// <summary>A directory of state files on a local disk, owned by one process at a time.</summary>
internal sealed class StateDirectory : IStateFiles, IDisposable
{
    /// <summary>Longest file, in bytes: above what the longest state can make.</summary>
    public const int FileMaxBytes = 4 * 1024 * 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly SafeFileHandle _lock;

    private StateDirectory(string path, SafeFileHandle lockFile) =>
        (_path, _lock) = (path, lockFile);

    /// <summary>Opens a directory, making it if it is not there.</summary>
    /// <exception cref="IOException">Another process owns it, or it cannot be used.</exception>
    public static StateDirectory Open(string path)
    {
        string full = Path.GetFullPath(path);
        if (!Directory.Exists(full))
        {
            Directory.CreateDirectory(full, OwnerOnly | UnixFileMode.UserExecute);
            if (Path.GetDirectoryName(full) is { } parent) PosixSync.Directory(parent);
        }
        return new StateDirectory(full, Lock(full));
    }

    /// <inheritdoc/>
    public byte[]? Read(string name)
    {
        string path = At(name);
        using FileStream? file = OpenIfThere(path);
        if (file is null) return null;
        if (file.Length > FileMaxBytes)
        {
            throw new IOException($"{path} has {file.Length} bytes: not what a witness wrote.");
        }
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Replace(string name, ReadOnlySpan<byte> bytes)
    {
        string next = At(name + ".next");
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        };
        using (var file = new FileStream(next, options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        // The bytes are durable before the name says that they count; then the name is.
        File.Move(next, At(name), overwrite: true);
        PosixSync.Directory(_path);
    }

    /// <summary>True if nobody but the file's owner can read or write it.</summary>
    public bool IsPrivate(string name) =>
        (File.GetUnixFileMode(At(name)) & ~OwnerOnly) == 0;

    /// <summary>The file's path, for people.</summary>
    public string At(string name) => Path.Combine(_path, name);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    // Only "no such file" is none: File.Exists says the same of a file that cannot be reached, and
    // a witness that took that for a first start would forget.
    private static FileStream? OpenIfThere(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (FileNotFoundException) when (new FileInfo(path).LinkTarget is null)
        {
            return null;
        }
    }

    private static SafeFileHandle Lock(string directory)
    {
        string path = Path.Combine(directory, "lock");
        try
        {
            // FileShare.None is flock(2): the kernel lets go of it however the process ends.
            return File.OpenHandle(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new IOException($"Another witness runs in {directory}.");
        }
    }
}
