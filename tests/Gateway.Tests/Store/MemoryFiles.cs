using System.Runtime.InteropServices;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>What an injected fault does to the operation that it hits.</summary>
public enum Fault
{
    /// <summary>The operation does nothing and throws.</summary>
    Failed,

    /// <summary>The operation is done, durably, and throws.</summary>
    FailedButPersisted,

    /// <summary>Half of a write is done; any other operation fails.</summary>
    HalfDone,

    /// <summary>The process dies: this operation and all after it do nothing and throw.</summary>
    Killed,
}

/// <summary>
/// Files in memory with POSIX's promises and no more: what was not synced is lost, kept or torn by
/// sectors when the machine goes down, and a failed sync makes the pages clean without writing
/// them.
/// </summary>
internal sealed class MemoryFiles : IStoreFiles
{
    private const int SectorBytes = 512;

    // Names as the process sees them, as the disk has them, and the changes in between, in order.
    private readonly Dictionary<string, Inode> _names = [];
    private readonly Dictionary<string, Inode> _durableNames = [];
    private readonly List<(string Directory, Action<Dictionary<string, Inode>> Apply)>
        _changes = [];
    private bool _isLocked;
    private bool _isKilled;

    /// <summary>Mutating operations so far.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation, counted from 1, that the fault hits; 0 for none.</summary>
    public int FaultAt { get; set; }

    public Fault Fault { get; set; }

    /// <summary>
    /// The same machine after the process ended: all that it wrote can be read. This instance's
    /// files go over to it.
    /// </summary>
    public MemoryFiles Restarted()
    {
        var next = new MemoryFiles();
        foreach ((string path, Inode file) in _durableNames) next._durableNames[path] = file;
        foreach ((string path, Inode file) in _names) next._names[path] = file;
        next._changes.AddRange(_changes);
        return next;
    }

    /// <summary>What the disk holds after the machine went down.</summary>
    public MemoryFiles Crashed(Random random)
    {
        var names = new Dictionary<string, Inode>(_durableNames);
        foreach (var directory in _changes.GroupBy(c => c.Directory))
        {
            foreach (var change in directory.Take(random.Next(directory.Count() + 1)))
            {
                change.Apply(names);
            }
        }
        var next = new MemoryFiles();
        foreach ((string path, Inode file) in names)
        {
            var survived = new Inode(file.AfterCrash(random));
            next._names[path] = next._durableNames[path] = survived;
        }
        return next;
    }

    /// <summary>A copy in which all is durable, to be damaged.</summary>
    public MemoryFiles Copy()
    {
        var next = new MemoryFiles();
        foreach ((string path, Inode file) in _names)
        {
            next._names[path] = next._durableNames[path] = new Inode([.. file.Current]);
        }
        return next;
    }

    public byte[] Content(string path) => [.. _names[path].Current];

    public void SetContent(string path, byte[] content) =>
        _names[path] = _durableNames[path] = new Inode(content);

    public IEnumerable<string> Paths(string directory) =>
        _names.Keys.Where(p => DirectoryOf(p) == directory).Order(StringComparer.Ordinal);

    public IDisposable? TryLock(string path)
    {
        if (_isLocked) return null;
        _isLocked = true;
        return new Lock(this);
    }

    public void CreateDirectory(string path)
    {
    }

    public IReadOnlyList<string> List(string directory) =>
        [.. Paths(directory).Select(p => directory.Length == 0 ? p : p[(directory.Length + 1)..])];

    public IStoreFile Create(string path)
    {
        Assert.False(_names.ContainsKey(path), $"{path} exists.");
        var file = new Inode([]);
        Change(path, names => names[path] = file);
        return new Handle(this, file);
    }

    public IStoreFile Open(string path) => new Handle(this, _names[path]);

    public void Rename(string from, string to) => Change(
        from,
        names =>
        {
            if (names.Remove(from, out Inode? file)) names[to] = file;
        });

    public void Delete(string path) => Change(path, names => names.Remove(path));

    public void SyncDirectory(string path) => Do(_ => SyncNames(path));

    private static string DirectoryOf(string path) =>
        path.Contains('/') ? path[..path.IndexOf('/')] : "";

    private void Change(string path, Action<Dictionary<string, Inode>> apply) => Do(
        isDurable =>
        {
            apply(_names);
            _changes.Add((DirectoryOf(path), apply));
            if (isDurable) SyncNames(DirectoryOf(path));
        });

    private void SyncNames(string directory)
    {
        foreach (var change in _changes.Where(c => c.Directory == directory))
        {
            change.Apply(_durableNames);
        }
        _changes.RemoveAll(c => c.Directory == directory);
    }

    private void Do(Action<bool> whole, Action? half = null, Action? failed = null)
    {
        Operations++;
        if (_isKilled) throw new IOException("The process was killed.");
        if (Operations != FaultAt)
        {
            whole(false);
            return;
        }
        switch (Fault)
        {
            case Fault.FailedButPersisted:
                whole(true);
                break;
            case Fault.HalfDone:
                half?.Invoke();
                break;
            case Fault.Killed:
                _isKilled = true;
                break;
            default:
                failed?.Invoke();
                break;
        }
        throw new IOException("An injected fault.");
    }

    private sealed class Lock(MemoryFiles files) : IDisposable
    {
        public void Dispose() => files._isLocked = false;
    }

    /// <summary>A file's bytes, and those of them that are on the disk.</summary>
    private sealed class Inode(byte[] content)
    {
        private readonly List<Action<List<byte>, Random?>> _unsynced = [];
        private readonly List<byte> _durable = [.. content];

        public List<byte> Current { get; } = [.. content];

        public void Apply(Action<List<byte>, Random?> change)
        {
            change(Current, null);
            _unsynced.Add(change);
        }

        public void Sync()
        {
            foreach (var change in _unsynced) change(_durable, null);
            _unsynced.Clear();
        }

        // The error is reported once; the pages stay readable and count as clean.
        public void LoseUnsynced() => _unsynced.Clear();

        public byte[] AfterCrash(Random random)
        {
            List<byte> content = [.. _durable];
            foreach (var change in _unsynced)
            {
                int fate = random.Next(3);
                if (fate == 1) change(content, null);
                if (fate == 2) change(content, random);
            }
            return [.. content];
        }
    }

    private sealed class Handle(MemoryFiles files, Inode file) : IStoreFile
    {
        public long Length => file.Current.Count;

        public int Read(Span<byte> destination, long offset)
        {
            int length = (int)Math.Clamp(file.Current.Count - offset, 0, destination.Length);
            if (length > 0)
            {
                CollectionsMarshal.AsSpan(file.Current)
                    .Slice((int)offset, length).CopyTo(destination);
            }
            return length;
        }

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset)
        {
            byte[] bytes = [.. parts.SelectMany(p => p.ToArray())];
            files.Do(
                isDurable =>
                {
                    file.Apply(WriteOf(bytes, offset));
                    if (isDurable) file.Sync();
                },
                half: () => file.Apply(WriteOf(bytes[..(bytes.Length / 2)], offset)));
        }

        public void Truncate(long length) => files.Do(
            isDurable =>
            {
                file.Apply((content, random) =>
                {
                    if (random is null && length < content.Count)
                    {
                        content.RemoveRange((int)length, content.Count - (int)length);
                    }
                });
                if (isDurable) file.Sync();
            });

        public void Sync() => files.Do(_ => file.Sync(), failed: file.LoseUnsynced);

        public void Dispose()
        {
        }

        // Torn: of the sectors that a write touches, some are written. The file may have grown over
        // those that are not, which then hold zeros.
        private static Action<List<byte>, Random?> WriteOf(byte[] bytes, long offset) =>
            (content, random) =>
            {
                for (int from = 0; from < bytes.Length;)
                {
                    int at = (int)offset + from;
                    int length = Math.Min(bytes.Length - from, SectorBytes - at % SectorBytes);
                    if (random is null || random.Next(2) == 0)
                    {
                        if (content.Count < at + length)
                        {
                            content.AddRange(new byte[at + length - content.Count]);
                        }
                        bytes.AsSpan(from, length).CopyTo(
                            CollectionsMarshal.AsSpan(content)[at..]);
                    }
                    from += length;
                }
            };
    }
}
