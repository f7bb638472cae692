using Sequencer.Gateway.Store;

namespace Sequencer.Bench;

/// <summary>A disk whose file syncs take longer by a fixed time.</summary>
internal sealed class SlowFiles(string root, TimeSpan addedToSync) : IStoreFiles
{
    private readonly DiskFiles _disk = new(root);

    public IDisposable? TryLock(string path) => _disk.TryLock(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IStoreFile Create(string path) => new Slow(_disk.Create(path), addedToSync);

    public IStoreFile Open(string path) => new Slow(_disk.Open(path), addedToSync);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void Delete(string path) => _disk.Delete(path);

    public void SyncDirectory(string path) => _disk.SyncDirectory(path);

    private sealed class Slow(IStoreFile file, TimeSpan addedToSync) : IStoreFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> destination, long offset) => file.Read(destination, offset);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) =>
            file.Write(parts, offset);

        public void Truncate(long length) => file.Truncate(length);

        public void Sync()
        {
            file.Sync();
            if (addedToSync > TimeSpan.Zero) Thread.Sleep(addedToSync);
        }

        public void Dispose() => file.Dispose();
    }
}
