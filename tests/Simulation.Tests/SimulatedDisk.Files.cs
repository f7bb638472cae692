using System.Runtime.InteropServices;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>What a process has open.</summary>
internal sealed partial class SimulatedDisk
{
    private sealed class Files(SimulatedDisk disk, SimulatedProcess process) : IStoreFiles
    {
        public IDisposable? TryLock(string path)
        {
            process.ThrowIfDead();
            if (disk._lockedBy is { IsAlive: true }) return null;
            disk._lockedBy = process;
            return new Lock(disk, process);
        }

        public void CreateDirectory(string path) => process.ThrowIfDead();

        public IReadOnlyList<string> List(string directory)
        {
            process.ThrowIfDead();
            return
            [
                .. disk._names.Keys.Where(p => DirectoryOf(p) == directory)
                    .Order(StringComparer.Ordinal)
                    .Select(p => directory.Length == 0 ? p : p[(directory.Length + 1)..]),
            ];
        }

        public IStoreFile Create(string path)
        {
            if (disk._names.ContainsKey(path)) throw new IOException($"{path} exists.");
            var file = new Inode([]);
            disk.Change(process, path, names => names[path] = file);
            return new Handle(disk, process, path, file);
        }

        public IStoreFile Open(string path)
        {
            process.ThrowIfDead();
            return disk._names.TryGetValue(path, out Inode? file)
                ? new Handle(disk, process, path, file)
                : throw new IOException($"{path} does not exist.");
        }

        public void Rename(string from, string to) => disk.Change(
            process,
            from,
            names =>
            {
                if (names.Remove(from, out Inode? file)) names[to] = file;
            });

        public void Delete(string path) =>
            disk.Change(process, path, names => names.Remove(path));

        public void SyncDirectory(string path) =>
            disk.Do(process, DiskOperation.SyncNames, path, () => disk.SyncNames(path));
    }

    private sealed class Lock(SimulatedDisk disk, SimulatedProcess process) : IDisposable
    {
        public void Dispose()
        {
            if (disk._lockedBy == process) disk._lockedBy = null;
        }
    }

    private sealed class Handle(
        SimulatedDisk disk, SimulatedProcess process, string path, Inode file) : IStoreFile
    {
        public long Length => file.Current.Count;

        public int Read(Span<byte> destination, long offset)
        {
            process.ThrowIfDead();
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
            disk.Do(
                process,
                DiskOperation.Write,
                path,
                () => file.Apply(WriteOf(bytes, offset)),
                fate => file.Apply(WriteOf(bytes[..fate.Next(bytes.Length)], offset)));
        }

        public void Truncate(long length) => disk.Do(
            process,
            DiskOperation.Truncate,
            path,
            () => file.Apply((content, tear) =>
            {
                if (tear is null && length < content.Count)
                {
                    content.RemoveRange((int)length, content.Count - (int)length);
                }
            }));

        public void Sync() => disk.Do(
            process,
            DiskOperation.Sync,
            path,
            () => disk.Sync(path, file),
            file.SyncPartly);

        public void Dispose()
        {
        }

        // Torn: of the sectors that a write touches, some are written. The file may have grown over
        // those that are not, which then hold zeros.
        private static Action<List<byte>, Random?> WriteOf(byte[] bytes, long offset) =>
            (content, tear) =>
            {
                for (int from = 0; from < bytes.Length;)
                {
                    int at = (int)offset + from;
                    int length = Math.Min(bytes.Length - from, SectorBytes - at % SectorBytes);
                    if (tear is null || tear.Next(2) == 0)
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

    private void Sync(string path, Inode file)
    {
        switch (faults.Mutation)
        {
            case Mutation.SkipSync when DirectoryOf(path) == "log":
            case Mutation.SkipPayloadSync when DirectoryOf(path) == "payload":
                return;
            case Mutation.AcknowledgeBeforeSync when DirectoryOf(path) == "log":
                world.After(TimeSpan.FromMilliseconds(20), file.Sync);
                return;
            default:
                file.Sync();
                return;
        }
    }
}
