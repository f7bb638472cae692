using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Tests.Backups;

/// <summary>What becomes of the step that fails.</summary>
public enum Fault
{
    /// <summary>It is not done.</summary>
    NotDone,

    /// <summary>It is done, and says that it failed.</summary>
    DoneAllTheSame,

    /// <summary>Of a write, half is done.</summary>
    HalfDone,
}

/// <summary>
/// A folder on the disk whose k-th changing step fails, and every one after it: the process is
/// gone. Also keeps the order of things: what is not durable when <see cref="MustBeDurableAt"/> is
/// renamed into place fails the test.
/// </summary>
internal sealed class FaultyFolder(string path, string mustBeDurableAt) : IFolder
{
    private readonly DiskFolder _disk = new(path);
    private readonly HashSet<string> _dirty = [];

    /// <summary>Steps until the fault; none when negative.</summary>
    public int FailAt { get; init; } = -1;

    public Fault Fault { get; init; }

    public int Steps { get; private set; }

    public string MustBeDurableAt { get; } = mustBeDurableAt;

    public string Path => _disk.Path;

    public IDisposable? TryLock(string path) => _disk.TryLock(path);

    public void CreateDirectory(string path) => Step(() => _disk.CreateDirectory(path));

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IFolderFile Open(string path)
    {
        bool isNew = !File.Exists(System.IO.Path.Combine(Path, path));
        Step(() => _disk.Open(path).Dispose());
        if (isNew) _dirty.Add(DirectoryOf(path) + "/");
        return new FaultyFile(this, path, _disk.Open(path));
    }

    public void Rename(string from, string to) => Step(() =>
    {
        if (to == MustBeDurableAt)
        {
            Assert.DoesNotContain(
                _dirty,
                dirty => dirty != "/" && !dirty.StartsWith("cosigned", StringComparison.Ordinal));
        }
        _disk.Rename(from, to);
        _dirty.Add("/");
    });

    public void Delete(string path) => Step(() => _disk.Delete(path));

    public void SyncDirectory(string path) => Step(() =>
    {
        _disk.SyncDirectory(path);
        _dirty.Remove(path + "/");
    });

    private static string DirectoryOf(string path) =>
        path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : "";

    private void Step(Action step, Action? half = null)
    {
        int at = Steps++;
        if (FailAt < 0 || at < FailAt)
        {
            step();
            return;
        }
        if (at == FailAt)
        {
            if (Fault == Fault.DoneAllTheSame) step();
            if (Fault == Fault.HalfDone) half?.Invoke();
        }
        throw new IOException($"No space left on device : '{Path}'");
    }

    private sealed class FaultyFile(FaultyFolder folder, string path, IFolderFile file)
        : IFolderFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> destination, long offset) => file.Read(destination, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            byte[] copy = bytes.ToArray();
            folder._dirty.Add(path);
            folder.Step(
                () => file.Write(copy, offset),
                () => file.Write(copy.AsSpan(0, copy.Length / 2), offset));
        }

        public void Truncate(long length) => folder.Step(() => file.Truncate(length));

        public void Sync() => folder.Step(() =>
        {
            file.Sync();
            folder._dirty.Remove(path);
        });

        public void Dispose() => file.Dispose();
    }
}
