using System.Runtime.CompilerServices;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>Serves a <see cref="TestLog"/> as a server would: bundles of 256, epochs,
/// tiles.</summary>
internal sealed class TestAuditSource(TestLog log) : IAuditSource
{
    public bool HasTiles { get; set; } = true;

    /// <summary>Changes a tile before it is served; null takes it away.</summary>
    public Func<TilePath, byte[], byte[]?> EditTile { get; set; } = (_, tile) => tile;

    public Func<List<AuditEpoch>, List<AuditEpoch>> EditEpochs { get; set; } = epochs => epochs;

    /// <summary>Bundles that are not there.</summary>
    public HashSet<ulong> MissingBundles { get; } = [];

    public Task<ReadOnlyMemory<byte>?> ReadCheckpointAsync(CancellationToken cancellationToken) =>
        Task.FromResult(log.Size == 0 ? (ReadOnlyMemory<byte>?)null : log.Note(log.Size));

    public Task<IReadOnlyList<AuditEpoch>> ReadEpochsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<AuditEpoch>>(EditEpochs([.. log.Epochs.Select(e =>
            new AuditEpoch(
                e.Statement.Fields.Epoch, e.Statement.Fields.Number, e.Statement.Bytes,
                e.Document))]));

    public async IAsyncEnumerable<AuditRecords> ReadRecordsAsync(
        ulong size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        for (ulong first = 0; first < size; first += TilePath.FullWidth)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (MissingBundles.Contains(first / TilePath.FullWidth)) continue;
            ulong end = Math.Min(size, first + TilePath.FullWidth);
            yield return new AuditRecords(first, log.EntryBundle(first, end), $"bundle at {first}");
        }
    }

    public Task<ReadOnlyMemory<byte>?> ReadTileAsync(
        TilePath tile, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < tile.Width; i++)
        {
            ulong index = (tile.Index * TilePath.FullWidth) + (ulong)i;
            bytes.AddRange(log.Read(tile.Level * TileMath.LevelsPerTile, index).ToArray());
        }
        byte[]? edited = EditTile(tile, [.. bytes]);
        return Task.FromResult(edited is null ? (ReadOnlyMemory<byte>?)null : edited);
    }
}
