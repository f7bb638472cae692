namespace Sequencer.Attestation.Nitro;

/// <summary>
/// Where a walk over an array or a map stands: made by the start of the collection and handed to
/// <see cref="StrictCborReader.TryMoveNext"/> before each element, or each key of a map.
/// </summary>
public struct CborSequence
{
    private readonly int _limit;
    private int _taken;

    internal CborSequence(int limit, bool isIndefinite)
    {
        _limit = limit;
        IsIndefinite = isIndefinite;
    }

    /// <summary>True where a break ends the collection instead of a count.</summary>
    public bool IsIndefinite { get; }

    /// <summary>The count that a definite collection states; 0 for an indefinite one.</summary>
    public readonly int Count => IsIndefinite ? 0 : _limit;

    /// <summary>All that the collection states or may hold is read.</summary>
    internal readonly bool IsFull => _taken == _limit;

    internal void Take() => _taken++;
}
