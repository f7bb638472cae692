using System.Collections.Immutable;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// The PCRs of one enclave image: PCR0, PCR1 and PCR2 always, others where the policy names them
/// (PCR3 role, PCR4 instance, PCR8 signing certificate). 48 bytes each, none of them all zero.
/// </summary>
/// <remarks>Two sets are equal when their PCRs are; the name is a label for people.</remarks>
public sealed class MeasurementSet : IEquatable<MeasurementSet>
{
    /// <summary>Makes a set from values that the caller trusts.</summary>
    /// <exception cref="ArgumentException">
    /// The name is empty, an index is out of range or given twice, or a value has not 48 bytes or
    /// is all zero: a zero PCR says "not measured" (debug mode) and must never count as expected.
    /// </exception>
    public MeasurementSet(
        string name,
        ReadOnlySpan<byte> pcr0,
        ReadOnlySpan<byte> pcr1,
        ReadOnlySpan<byte> pcr2,
        IEnumerable<KeyValuePair<int, ReadOnlyMemory<byte>>>? others = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        var pcrs = ImmutableSortedDictionary.CreateBuilder<int, ReadOnlyMemory<byte>>();
        Add(pcrs, 0, pcr0);
        Add(pcrs, 1, pcr1);
        Add(pcrs, 2, pcr2);
        foreach ((int index, ReadOnlyMemory<byte> value) in others ?? [])
        {
            Add(pcrs, index, value.Span);
        }
        Pcrs = pcrs.ToImmutable();
    }

    /// <summary>What people call this image.</summary>
    public string Name { get; }

    /// <summary>The expected values by index.</summary>
    public ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> Pcrs { get; }

    /// <inheritdoc/>
    public bool Equals(MeasurementSet? other)
    {
        if (other is null || other.Pcrs.Count != Pcrs.Count) return false;
        foreach ((int index, ReadOnlyMemory<byte> value) in Pcrs)
        {
            if (!other.Pcrs.TryGetValue(index, out ReadOnlyMemory<byte> theirs)) return false;
            if (!theirs.Span.SequenceEqual(value.Span)) return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MeasurementSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach ((int index, ReadOnlyMemory<byte> value) in Pcrs)
        {
            hash.Add(index);
            hash.AddBytes(value.Span);
        }
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static void Add(
        ImmutableSortedDictionary<int, ReadOnlyMemory<byte>>.Builder pcrs,
        int index,
        ReadOnlySpan<byte> value)
    {
        if (index is < 0 or >= AttestationLimits.PcrCountMax)
        {
            throw new ArgumentException($"PCR{index} does not exist.");
        }
        if (value.Length != AttestationLimits.PcrBytes)
        {
            throw new ArgumentException($"PCR{index} has {value.Length} bytes instead of 48.");
        }
        if (!value.ContainsAnyExcept((byte)0))
        {
            throw new ArgumentException($"PCR{index} is all zero, which measures nothing.");
        }
        if (!pcrs.TryAdd(index, value.ToArray()))
        {
            throw new ArgumentException($"PCR{index} is given twice.");
        }
    }
}
