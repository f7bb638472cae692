namespace Sequencer.Client;

/// <summary>Times of records, which any 64 bits may claim.</summary>
internal static class AnswerTime
{
    private static readonly ulong LastMs = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The time of Unix milliseconds; the last that there is for any after it.</summary>
    public static DateTimeOffset Of(ulong unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(unixMs, LastMs));
}
