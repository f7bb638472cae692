using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Store;

namespace Sequencer.Gateway.Tests;

/// <summary>An operation on the disk that can be held up or made to fail.</summary>
public enum DiskStep
{
    /// <summary>A file is made.</summary>
    Create,

    /// <summary>Bytes are written.</summary>
    Write,

    /// <summary>A file's bytes are made durable.</summary>
    Sync,

    /// <summary>A file gets the name of another.</summary>
    Rename,

    /// <summary>The names in a directory are made durable.</summary>
    SyncDirectory,
}

/// <summary>A real disk whose syncs of one folder can be held up, and one of whose operations can
/// be made to fail.</summary>
internal sealed class GatedFiles(string root) : IStoreFiles
{
    private readonly DiskFiles _disk = new(root);
    private readonly ManualResetEventSlim _gate = new(true);
    private readonly SemaphoreSlim _held = new(0);
    private volatile string _folder = "";
    private volatile PendingFault? _next;

    /// <summary>Room on this disk, as far as anybody asks, in bytes.</summary>
    public long FreeBytes { get; set; } = long.MaxValue;

    /// <summary>Holds up every sync under a folder until <see cref="Open()"/>.</summary>
    public void Close(string folder)
    {
        _folder = folder + "/";
        _gate.Reset();
    }

    /// <summary>Waits until an operation is held up.</summary>
    public async Task WaitUntilHeldAsync() =>
        Assert.True(await _held.WaitAsync(TimeSpan.FromSeconds(30)), "Nothing was held up.");

    public void Open() => _gate.Set();

    /// <summary>The next sync under a folder fails.</summary>
    public void FailNextSync(string folder) =>
        FailNext(DiskStep.Sync, folder, Fault.Failed);

    /// <summary>The next such operation under a folder is held up until <see cref="Open()"/>, and
    /// then fails.</summary>
    public void HoldAndFailNext(DiskStep step, string folder, Fault fault)
    {
        _gate.Reset();
        _next = new PendingFault(step, folder, fault, IsHeld: true);
    }

    /// <summary>The next such operation under a folder, or on a file of this name, fails.</summary>
    public void FailNext(DiskStep step, string folder, Fault fault) =>
        _next = new PendingFault(step, folder, fault, IsHeld: false);

    /// <summary>True until the operation that is to fail has come.</summary>
    public bool IsFaultPending => _next is not null;

    public IDisposable? TryLock(string path) => _disk.TryLock(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IStoreFile Create(string path)
    {
        IStoreFile? file = null;
        Do(DiskStep.Create, path, () => file = _disk.Create(path));
        return new Gated(this, path, file!);
    }

    public IStoreFile Open(string path) => new Gated(this, path, _disk.Open(path));

    public void Rename(string from, string to) =>
        Do(DiskStep.Rename, to, () => _disk.Rename(from, to));

    public void Delete(string path) => _disk.Delete(path);

    public void SyncDirectory(string path) =>
        Do(DiskStep.SyncDirectory, path + "/", () => _disk.SyncDirectory(path));

    private void Do(DiskStep step, string path, Action whole, Action? half = null)
    {
        PendingFault? fault = _next;
        if (fault is not null && fault.IsMetBy(step, path)
            && Interlocked.CompareExchange(ref _next, null, fault) == fault)
        {
            if (fault.IsHeld) WaitForGate();
            if (fault.Kind == Fault.FailedButPersisted) whole();
            if (fault.Kind == Fault.HalfDone) half?.Invoke();
            throw new IOException("An injected fault.");
        }
        bool isGated = step == DiskStep.Sync && !_gate.IsSet && _folder.Length > 0
            && path.StartsWith(_folder, StringComparison.Ordinal);
        if (isGated) WaitForGate();
        whole();
    }

    private void WaitForGate()
    {
        _held.Release();
        _gate.Wait();
    }

    private sealed record PendingFault(DiskStep Step, string Folder, Fault Kind, bool IsHeld)
    {
        public bool IsMetBy(DiskStep step, string path) =>
            step == Step
            && (path == Folder || path == Folder + ReplacedFile.Unfinished
                || path.StartsWith(Folder + "/", StringComparison.Ordinal));
    }

    private sealed class Gated(GatedFiles files, string path, IStoreFile file) : IStoreFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> destination, long offset) => file.Read(destination, offset);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) =>
            files.Do(
                DiskStep.Write, path,
                () => file.Write(parts, offset),
                half: () =>
                {
                    byte[] bytes = [.. parts.SelectMany(part => part.ToArray())];
                    file.Write([bytes.AsMemory(0, bytes.Length / 2)], offset);
                });

        public void Truncate(long length) => file.Truncate(length);

        public void Sync() => files.Do(DiskStep.Sync, path, file.Sync);

        public void Dispose() => file.Dispose();
    }
}
