using Microsoft.Win32.SafeHandles;

namespace Sequencer.Gateway.Store;

/// <summary>Files on a local disk.</summary>
internal sealed class DiskFiles(string root) : IStoreFiles
{
    private readonly string _root = Path.GetFullPath(root);

    public IDisposable? TryLock(string path)
    {
        try
        {
            // FileShare.None is flock(2): the kernel lets go of it when the process ends, however
            // it ends. The file itself stays and means nothing.
            return File.OpenHandle(
                At(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(At(path)))
        {
            return null;
        }
    }

    public void CreateDirectory(string path)
    {
        string directory = At(path);
        if (Directory.Exists(directory)) return;
        string? parent = Path.GetDirectoryName(directory);
        Directory.CreateDirectory(directory);
        if (parent is not null) PosixSync.Directory(parent);
    }

    public IReadOnlyList<string> List(string directory) =>
        Directory.Exists(At(directory))
            ? [.. Directory.EnumerateFiles(At(directory)).Select(f => Path.GetFileName(f))]
            : [];

    public IStoreFile Create(string path) => Open(path, FileMode.CreateNew);

    public IStoreFile Open(string path) => Open(path, FileMode.Open);

    public void Rename(string from, string to) => File.Move(At(from), At(to), overwrite: true);

    public void Delete(string path) => File.Delete(At(path));

    public void SyncDirectory(string path) => PosixSync.Directory(At(path));

    private DiskFile Open(string path, FileMode mode) =>
        new(File.OpenHandle(At(path), mode, FileAccess.ReadWrite, FileShare.ReadWrite));

    private string At(string path) => Path.Combine(_root, path);

    private sealed class DiskFile(SafeFileHandle handle) : IStoreFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(Span<byte> destination, long offset)
        {
            int total = 0;
            while (total < destination.Length)
            {
                int read = RandomAccess.Read(handle, destination[total..], offset + total);
                if (read == 0) break;
                total += read;
            }
            return total;
        }

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset)
        {
            if (parts.Count == 1) RandomAccess.Write(handle, parts[0].Span, offset);
            else RandomAccess.Write(handle, parts, offset);
        }

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Sync() => PosixSync.Data(handle);

        public void Dispose() => handle.Dispose();
    }
}
