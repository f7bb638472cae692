namespace Sequencer.Bench.Peers;

/// <summary>What holds of an entry once its answer is there.</summary>
/// <param name="Ordered">All readers see it at the same place of one order.</param>
/// <param name="Durable">It survives the loss of power.</param>
/// <param name="Verifiable">Who holds proof of it finds out if it is changed or taken away.</param>
/// <param name="Attested">Hardware vouches for the program that put it there.</param>
internal sealed record Guarantees(
    bool Ordered = false, bool Durable = false, bool Verifiable = false, bool Attested = false)
{
    /// <summary>The words for those that hold.</summary>
    public override string ToString()
    {
        (bool Holds, string Word)[] words =
        [
            (Ordered, "ordered"), (Durable, "durable"), (Verifiable, "verifiable"),
            (Attested, "attested"),
        ];
        return words.Any(word => word.Holds)
            ? string.Join(", ", words.Where(word => word.Holds).Select(word => word.Word))
            : "none";
    }
}
