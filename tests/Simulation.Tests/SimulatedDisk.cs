using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// The disk of the gateway's machine with POSIX's promises and no more: until it is synced, what
/// was written can be read, and is lost, kept or torn by sectors when the machine goes down.
/// </summary>
internal sealed partial class SimulatedDisk(World world, DiskFaults faults)
{
    private const int SectorBytes = 512;

    // Names as processes see them, as the disk has them, and the changes in between, in order.
    private Dictionary<string, Inode> _names = [];
    private Dictionary<string, Inode> _durableNames = [];
    private List<(string Directory, Action<Dictionary<string, Inode>> Apply)> _changes = [];
    private SimulatedProcess? _lockedBy;

    public IStoreFiles MountedBy(SimulatedProcess process) => new Files(this, process);

    /// <summary>What a process is told of the room that is left, in bytes.</summary>
    public long FreeBytes() => faults.IsFull ? 0 : long.MaxValue;

    /// <summary>The machine goes down: what was not synced meets its fate.</summary>
    public void Crash()
    {
        Random fate = new(world.Chance.Next());
        var names = new Dictionary<string, Inode>(_durableNames);
        foreach (var directory in _changes.GroupBy(c => c.Directory))
        {
            foreach (var change in directory.Take(fate.Next(directory.Count() + 1)))
            {
                change.Apply(names);
            }
        }
        // Each file its own chance, so that a byte more in one changes nothing in the others.
        _names = names.OrderBy(n => n.Key, StringComparer.Ordinal).ToDictionary(
            n => n.Key, n => new Inode(n.Value.AfterCrash(new Random(fate.Next()))));
        _durableNames = new Dictionary<string, Inode>(_names);
        _changes = [];
    }

    /// <summary>A copy of all that can be read, durable.</summary>
    public Dictionary<string, byte[]> Snapshot() =>
        _names.ToDictionary(n => n.Key, n => n.Value.Current.ToArray());

    /// <summary>Of all that can be read.</summary>
    public Digest ContentDigest() => Sha256.Hash(
    [
        .. Snapshot().OrderBy(n => n.Key, StringComparer.Ordinal)
            .SelectMany(n => (byte[])[.. Encoding.UTF8.GetBytes(n.Key), .. n.Value]),
    ]);

    /// <summary>Puts a copy in the place of everything.</summary>
    public void Restore(Dictionary<string, byte[]> snapshot)
    {
        _names = snapshot.ToDictionary(n => n.Key, n => new Inode(n.Value));
        _durableNames = new Dictionary<string, Inode>(_names);
        _changes = [];
    }

    private static string DirectoryOf(string path) =>
        path.Contains('/') ? path[..path.IndexOf('/')] : "";

    private void Change(
        SimulatedProcess process, string path, Action<Dictionary<string, Inode>> apply) => Do(
        process,
        DiskOperation.Name,
        path,
        () =>
        {
            apply(_names);
            _changes.Add((DirectoryOf(path), apply));
        });

    private void SyncNames(string directory)
    {
        foreach (var change in _changes.Where(c => c.Directory == directory))
        {
            change.Apply(_durableNames);
        }
        _changes.RemoveAll(c => c.Directory == directory);
    }

    private void Do(
        SimulatedProcess process,
        DiskOperation operation,
        string path,
        Action whole,
        Action<Random>? partly = null)
    {
        process.ThrowIfDead();
        DiskFault fault = faults.Next(process, operation, path);
        if (fault is DiskFault.None or DiskFault.KilledAfter or DiskFault.FailedButDone) whole();
        else if (fault != DiskFault.KilledBefore) partly?.Invoke(new Random(world.Chance.Next()));
        process.ThrowIfDead();
        if (fault == DiskFault.None || faults.IsHushed(operation)) return;
        world.Tell($"disk: {operation} of {path}: {fault}");
        throw new IOException(
            fault == DiskFault.Full ? "No space left on device." : "An injected fault.");
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

        // The error is told once; then the pages count as clean, whether they are there or not.
        public void SyncPartly(Random fate)
        {
            foreach (var change in _unsynced) Meet(change, _durable, fate);
            _unsynced.Clear();
        }

        public byte[] AfterCrash(Random fate)
        {
            List<byte> content = [.. _durable];
            foreach (var change in _unsynced) Meet(change, content, fate);
            return [.. content];
        }

        // Each write has a fate of its own, whatever came before: so they reach the disk reordered.
        private static void Meet(
            Action<List<byte>, Random?> change, List<byte> content, Random fate)
        {
            int kind = fate.Next(3);
            Random tear = new(fate.Next());
            if (kind == 1) change(content, null);
            if (kind == 2) change(content, tear);
        }
    }
}
