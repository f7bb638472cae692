using System.Collections.Immutable;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// Which enclave images are accepted: at least one <see cref="MeasurementSet"/>, any one of which a
/// document must match in every PCR that the set names.
/// </summary>
public sealed class PcrPolicy
{
    /// <summary>Accepts the given alternatives.</summary>
    /// <exception cref="ArgumentException">No alternative is given.</exception>
    public PcrPolicy(params IEnumerable<MeasurementSet> accepted)
    {
        Accepted = [.. accepted];
        if (Accepted.IsEmpty)
        {
            throw new ArgumentException("A policy accepts at least one image.", nameof(accepted));
        }
    }

    /// <summary>The alternatives, in the order of trial.</summary>
    public ImmutableArray<MeasurementSet> Accepted { get; }

    /// <summary>
    /// Finds the first set that the PCRs match. A refusal tells the difference to the set that
    /// matches in most PCRs, which is the image that the caller most likely meant.
    /// </summary>
    internal AttestationRefusal? Match(
        ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> pcrs, out MeasurementSet? matched)
    {
        matched = null;
        AttestationRefusal? nearest = null;
        int mostEqual = -1;
        foreach (MeasurementSet set in Accepted)
        {
            AttestationRefusal? difference = Compare(set, pcrs, out int equal);
            if (difference is null)
            {
                matched = set;
                return null;
            }
            if (equal <= mostEqual) continue;
            mostEqual = equal;
            nearest = difference;
        }
        return nearest;
    }

    private static AttestationRefusal? Compare(
        MeasurementSet set,
        ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> pcrs,
        out int equal)
    {
        equal = 0;
        AttestationRefusal? first = null;
        foreach ((int index, ReadOnlyMemory<byte> expected) in set.Pcrs)
        {
            AttestationRefusal? difference = ComparePcr(set, index, expected.Span, pcrs);
            if (difference is null) equal++;
            first ??= difference;
        }
        return first;
    }

    private static AttestationRefusal? ComparePcr(
        MeasurementSet set,
        int index,
        ReadOnlySpan<byte> expected,
        ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> pcrs)
    {
        string wanted = $"PCR{index} {Convert.ToHexStringLower(expected)} ({set.Name})";
        if (!pcrs.TryGetValue(index, out ReadOnlyMemory<byte> actual))
        {
            return new AttestationRefusal(AttestationRule.PcrMissing, wanted, "no such PCR");
        }
        if (actual.Length != AttestationLimits.PcrBytes)
        {
            return new AttestationRefusal(
                AttestationRule.PcrNotSha384, wanted, $"{actual.Length} bytes");
        }
        return actual.Span.SequenceEqual(expected)
            ? null
            : new AttestationRefusal(
                AttestationRule.PcrMismatch, wanted, Convert.ToHexStringLower(actual.Span));
    }
}
