using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests;

/// <summary>A real disk whose syncs of one folder can be held up, or made to fail once.</summary>
internal sealed class GatedFiles(string root) : IStoreFiles
{
    private readonly DiskFiles _disk = new(root);
    private readonly ManualResetEventSlim _gate = new(true);
    private readonly SemaphoreSlim _held = new(0);
    private volatile string _folder = "";
    private volatile string _failing = "";

    /// <summary>Room on this disk, as far as anybody asks, in bytes.</summary>
    public long FreeBytes { get; set; } = long.MaxValue;

    /// <summary>Holds up every sync under a folder until <see cref="Open()"/>.</summary>
    public void Close(string folder)
    {
        _folder = folder + "/";
        _gate.Reset();
    }

    /// <summary>Waits until a sync is held up.</summary>
    public Task WaitUntilHeldAsync() => _held.WaitAsync(TimeSpan.FromSeconds(30));

    public void Open() => _gate.Set();

    /// <summary>The next sync under a folder fails.</summary>
    public void FailNextSync(string folder) => _failing = folder + "/";

    public IDisposable? TryLock(string path) => _disk.TryLock(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IStoreFile Create(string path) => new Gated(this, path, _disk.Create(path));

    public IStoreFile Open(string path) => new Gated(this, path, _disk.Open(path));

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void Delete(string path) => _disk.Delete(path);

    public void SyncDirectory(string path) => _disk.SyncDirectory(path);

    private void BeforeSync(string path)
    {
        if (_failing.Length > 0 && path.StartsWith(_failing, StringComparison.Ordinal))
        {
            _failing = "";
            throw new IOException("An injected fault.");
        }
        if (_gate.IsSet || !path.StartsWith(_folder, StringComparison.Ordinal)) return;
        _held.Release();
        _gate.Wait();
    }

    private sealed class Gated(GatedFiles files, string path, IStoreFile file) : IStoreFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> destination, long offset) => file.Read(destination, offset);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) =>
            file.Write(parts, offset);

        public void Truncate(long length) => file.Truncate(length);

        public void Sync()
        {
            files.BeforeSync(path);
            file.Sync();
        }

        public void Dispose() => file.Dispose();
    }
}
