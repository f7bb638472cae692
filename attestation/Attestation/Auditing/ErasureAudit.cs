using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Tells payloads that a tombstone erased from those that are missing (docs/PROTOCOL.md section 4,
/// "Erasure"). A tombstone comes after the entry that it names, so one pass over the entries tells
/// all but one thing: whether what is named by a tombstone and still there was rightly named.
/// </summary>
internal sealed class ErasureAudit
{
    /// <summary>Payloads that are gone of which more than the count is kept, until their tombstones
    /// come. Those above it count as missing.</summary>
    internal const int GoneMax = 1_000_000;

    private readonly Dictionary<ulong, (Digest Leaf, Digest Tenant)> _gone = [];
    private readonly HashSet<ulong> _erased = [];
    private readonly Dictionary<ulong, List<(Tombstone Tombstone, Digest Tenant)>> _claims = [];
    private ulong _present;
    private ulong _goneBeyond;
    private ulong _unerased;

    /// <summary>What was found so far.</summary>
    public AuditPayloads Payloads => new(
        _present, (ulong)_erased.Count, (ulong)_gone.Count + _goneBeyond, _unerased);

    /// <summary>True while there are tombstones of payloads that are still there, of which
    /// <see cref="Settle"/> has to see the records.</summary>
    public bool HasClaims => _claims.Count > 0;

    /// <summary>Takes the next entry.</summary>
    /// <param name="record">Its record.</param>
    /// <param name="metadata">Its metadata block; empty if it is not at hand.</param>
    /// <param name="isPresent">Whether its payload is there.</param>
    public void Take(ReadOnlySpan<byte> record, ReadOnlySpan<byte> metadata, bool isPresent)
    {
        if (!EntryRecord.TryParse(record, out EntryRecord entry)) return;
        if (isPresent) _present++;
        else if (_gone.Count == GoneMax) _goneBeyond++;
        else _gone[entry.Header.Number] = (TreeHash.Leaf(record), entry.Tenant);
        if (!Tombstone.TryRead(record, metadata, out Tombstone tombstone)) return;
        if (_gone.TryGetValue(tombstone.Erased, out (Digest Leaf, Digest Tenant) gone))
        {
            if (gone != (tombstone.Leaf, entry.Tenant)) return;
            _gone.Remove(tombstone.Erased);
            _erased.Add(tombstone.Erased);
        }
        else if (!_erased.Contains(tombstone.Erased))
        {
            if (!_claims.TryGetValue(tombstone.Erased, out var claims))
            {
                _claims[tombstone.Erased] = claims = [];
            }
            claims.Add((tombstone, entry.Tenant));
        }
    }

    /// <summary>Takes an entry once more, after all of them.</summary>
    public void Settle(ReadOnlySpan<byte> record)
    {
        if (!RecordHeader.TryRead(record, out RecordHeader header)
            || !_claims.Remove(header.Number, out var claims))
        {
            return;
        }
        foreach ((Tombstone tombstone, Digest tenant) in claims)
        {
            if (!tombstone.Erases(record, tenant)) continue;
            _unerased++;
            return;
        }
    }
}
