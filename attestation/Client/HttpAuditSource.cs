using System.Runtime.CompilerServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;

namespace Sequencer.Client;

/// <summary>
/// A gateway's read interface (docs/PROTOCOL.md section 13), or any tlog-tiles server that also has
/// <c>v1/epochs</c>, as the source of an audit. Holds at most four bundles at a time.
/// </summary>
public sealed class HttpAuditSource : IAuditSource
{
    /// <summary>Bundles that are asked for before the first of them is used.</summary>
    public const int BundlesInFlightMax = 4;

    /// <summary>
    /// Bundles missing in a row after which the rest is not asked for: a checkpoint may claim any
    /// size, and a server that has nothing of it must not keep an auditor for ever.
    /// </summary>
    public const int MissingBundlesMax = 256;

    private readonly GatewayTransport _gateway;
    private readonly List<string> _notes = [];

    /// <summary>A source that reads from a gateway.</summary>
    /// <param name="http">Its base address is the gateway's; stays the caller's to dispose.</param>
    /// <param name="time">The clock of pauses between attempts.</param>
    /// <exception cref="ArgumentException">There is no base address.</exception>
    public HttpAuditSource(HttpClient http, TimeProvider? time = null) =>
        _gateway = new GatewayTransport(http, time);

    internal HttpAuditSource(GatewayTransport gateway) => _gateway = gateway;

    /// <inheritdoc/>
    public bool HasTiles => true;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => _notes;

    /// <inheritdoc/>
    /// <exception cref="SequencerException">The gateway cannot be read.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadCheckpointAsync(
        CancellationToken cancellationToken) =>
        Optional(await ReadAsync("v1/checkpoint", SignedNote.MaxBytes, cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="SequencerException">The gateway cannot be read.</exception>
    public async Task<IReadOnlyList<AuditEpoch>> ReadEpochsAsync(
        CancellationToken cancellationToken) =>
        await ReadAsync("v1/epochs", EpochsJson.MaxBytes, cancellationToken) is { } body
            ? EpochsJson.Read(body)
            : [];

    /// <inheritdoc/>
    /// <exception cref="SequencerException">The gateway cannot be read.</exception>
    public async IAsyncEnumerable<AuditRecords> ReadRecordsAsync(
        ulong size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reads = new BundleReads(this, size, cancellationToken);
        int missing = 0;
        while (await reads.NextAsync() is { } read)
        {
            missing = read.Bytes is null ? missing + 1 : 0;
            if (missing == MissingBundlesMax)
            {
                _notes.Add(
                    $"records: not asked for after {read.Path}, {missing} bundles being missing");
                yield break;
            }
            if (read.Bytes is null) continue;
            yield return new AuditRecords(
                read.Path.Index * TilePath.FullWidth, read.Bytes, read.Path.ToString());
        }
    }

    /// <inheritdoc/>
    /// <exception cref="SequencerException">The gateway cannot be read.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadTileAsync(
        TilePath tile, CancellationToken cancellationToken) =>
        Optional(await ReadPartAsync(tile, cancellationToken));

    /// <summary>
    /// A tile or bundle; null if it is not there. A partial one may have given way to the full one
    /// (c2sp.org/tlog-tiles), which begins with it.
    /// </summary>
    private async Task<byte[]?> ReadPartAsync(TilePath tile, CancellationToken cancellationToken)
    {
        byte[]? part = await ReadAsync($"v1/{tile}", MaxBytes(tile), cancellationToken);
        if (part is not null || !tile.IsPartial) return part;
        TilePath full = tile.IsEntries
            ? TilePath.Entries(tile.Index)
            : TilePath.Hashes(tile.Level, tile.Index);
        byte[]? whole = await ReadAsync($"v1/{full}", MaxBytes(full), cancellationToken);
        return whole?[..PartLength(whole, tile)];
    }

    private static int MaxBytes(TilePath tile) => tile.IsEntries
        ? tile.Width * (EntryBundle.MaxBytes / TilePath.FullWidth)
        : tile.Width * Digest.Size;

    private static int PartLength(ReadOnlySpan<byte> whole, TilePath tile)
    {
        if (!tile.IsEntries) return Math.Min(whole.Length, tile.Width * Digest.Size);
        ReadOnlySpan<byte> rest = whole;
        int left = tile.Width;
        while (left > 0 && EntryBundle.TryRead(ref rest, out _)) left--;
        return whole.Length - rest.Length;
    }

    private async Task<byte[]?> ReadAsync(
        string path, int maxBytes, CancellationToken cancellationToken)
    {
        GatewayAnswer answer = await _gateway.SendAsync(
            GatewayRequest.Get(path, maxBytes) with { MayBeAbsent = true }, cancellationToken);
        return answer.IsAbsent ? null : answer.Body;
    }

    private static ReadOnlyMemory<byte>? Optional(byte[]? bytes) =>
        bytes is null ? (ReadOnlyMemory<byte>?)null : bytes;

    /// <summary>A bundle, or null bytes for one that is not there.</summary>
    private readonly record struct BundleRead(TilePath Path, byte[]? Bytes);

    /// <summary>
    /// Bundles in order, the next ones under way while one is used. What is under way at the end is
    /// cancelled, and its outcome is of no interest.
    /// </summary>
    private sealed class BundleReads : IDisposable
    {
        private readonly HttpAuditSource _source;
        private readonly ulong _size;
        private readonly CancellationTokenSource _end;
        private readonly Queue<Task<BundleRead>> _underWay = new();
        private ulong _next;

        public BundleReads(
            HttpAuditSource source, ulong size, CancellationToken cancellationToken)
        {
            _source = source;
            _size = size;
            _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        }

        public async Task<BundleRead?> NextAsync()
        {
            while (_next < _size && _underWay.Count < BundlesInFlightMax)
            {
                ulong width = Math.Min(_size - _next, TilePath.FullWidth);
                var path = TilePath.Entries(_next / TilePath.FullWidth, (int)width);
                _underWay.Enqueue(ReadAsync(path));
                _next += width;
            }
            return _underWay.TryDequeue(out Task<BundleRead>? first) ? await first : null;
        }

        public void Dispose()
        {
            _end.Cancel();
            foreach (Task<BundleRead> task in _underWay)
            {
                // Looks at the fault, so that nobody takes it for one that was overlooked.
                _ = task.ContinueWith(t => t.Exception, TaskScheduler.Default);
            }
            _end.Dispose();
        }

        private async Task<BundleRead> ReadAsync(TilePath path) =>
            new(path, await _source.ReadPartAsync(path, _end.Token));
    }
}
