using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Computes every tile from the leaf hashes and compares it, hash by hash, with what the source
/// serves (docs/PROTOCOL.md section 12.5). Holds one tile a level.
/// </summary>
internal sealed class TileComparison(IAuditSource source, FaultList faults)
{
    private readonly List<Level> _levels = [];

    /// <summary>Takes the next leaf hash; compares each tile that it fills.</summary>
    public async ValueTask AppendAsync(Digest leaf, CancellationToken cancellationToken)
    {
        Digest hash = leaf;
        for (int level = 0; ; level++)
        {
            if (level == _levels.Count) _levels.Add(new Level());
            Level filling = _levels[level];
            filling.Hashes[filling.Count++] = hash;
            if (filling.Count < TilePath.FullWidth) return;
            await CompareAsync(level, filling, cancellationToken);
            hash = Root(filling.Hashes);
            filling.Count = 0;
            filling.Index++;
        }
    }

    /// <summary>Compares the partial tiles at the right edge.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        for (int level = 0; level < _levels.Count; level++)
        {
            if (_levels[level].Count > 0)
            {
                await CompareAsync(level, _levels[level], cancellationToken);
            }
        }
    }

    private async Task CompareAsync(int level, Level computed, CancellationToken cancellationToken)
    {
        TilePath path = TilePath.Hashes(level, computed.Index, computed.Count);
        if (await source.ReadTileAsync(path, cancellationToken)
            is not { Length: > 0 } tile)
        {
            Fault(path, VerificationRule.Missing, "a tile", "none");
            return;
        }
        if (tile.Length != computed.Count * Digest.Size)
        {
            Fault(
                path, VerificationRule.Tile,
                $"{computed.Count * Digest.Size} bytes", $"{tile.Length} bytes");
            return;
        }
        for (int i = 0; i < computed.Count; i++)
        {
            var served = new Digest(tile.Span.Slice(i * Digest.Size, Digest.Size));
            if (served == computed.Hashes[i]) continue;
            Fault(path, VerificationRule.Tile, $"hash {i} {computed.Hashes[i]}", $"{served}");
        }
    }

    private static Digest Root(ReadOnlySpan<Digest> hashes)
    {
        if (hashes.Length == 1) return hashes[0];
        int half = hashes.Length / 2;
        return TreeHash.Node(Root(hashes[..half]), Root(hashes[half..]));
    }

    private void Fault(TilePath path, VerificationRule rule, string expected, string actual) =>
        faults.Add(new AuditFault(rule, expected, actual) { Place = path.ToString() });

    private sealed class Level
    {
        public Digest[] Hashes { get; } = new Digest[TilePath.FullWidth];

        public int Count { get; set; }

        public ulong Index { get; set; }
    }
}
