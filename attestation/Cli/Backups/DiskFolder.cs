using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sequencer.Cli.Backups;

/// <summary>A folder on a disk.</summary>
internal sealed partial class DiskFolder(string path) : IFolder
{
    private const int ReadOnly = 0;

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public IDisposable? TryLock(string path)
    {
        try
        {
            // FileShare.None is flock(2): the kernel lets go of it however the process ends.
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
        // Each name made above it must be durable too.
        var made = new Stack<string>();
        for (string? at = directory; at is not null && !Directory.Exists(at);)
        {
            made.Push(at);
            at = System.IO.Path.GetDirectoryName(at);
        }
        Directory.CreateDirectory(directory);
        foreach (string one in made) Sync(System.IO.Path.GetDirectoryName(one)!);
    }

    public IReadOnlyList<string> List(string directory) =>
        Directory.Exists(At(directory))
            ? [.. Directory.EnumerateFileSystemEntries(At(directory))
                .Select(entry => System.IO.Path.GetFileName(entry))]
            : [];

    public IFolderFile Open(string path) => new DiskFile(File.OpenHandle(
        At(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite));

    public void Rename(string from, string to) => File.Move(At(from), At(to), overwrite: true);

    public void Delete(string path) => File.Delete(At(path));

    public void SyncDirectory(string path) => Sync(At(path));

    /// <summary>
    /// Makes durable what somebody else wrote to a file before: a reader may not count on what its
    /// writer has not synced yet.
    /// </summary>
    public static void SyncFile(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    private static void Sync(string directory)
    {
        // Windows has no such call, and makes names durable by itself.
        if (OperatingSystem.IsWindows()) return;
        int descriptor = OpenDirectory(directory, ReadOnly);
        if (descriptor < 0) throw Failure($"open {directory}");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FSync(handle) != 0) throw Failure($"fsync {directory}");
    }

    private static IOException Failure(string call) =>
        new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    private string At(string path) => System.IO.Path.Combine(Path, path);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport(
        "libc", EntryPoint = "open", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDirectory(string path, int flags);

    private sealed class DiskFile(SafeFileHandle handle) : IFolderFile
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

        public void Write(ReadOnlySpan<byte> bytes, long offset) =>
            RandomAccess.Write(handle, bytes, offset);

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Sync() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}
