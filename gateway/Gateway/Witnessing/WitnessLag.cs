using System.Globalization;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// Whether an open log is at one of its bounds (docs/PROTOCOL.md section 14, "The fence"), as far
/// as the gateway can tell. The enclave decides, by its own clock and the witnesses' times, and
/// says so only when it is asked for a number.
/// </summary>
internal static class WitnessLag
{
    /// <summary>Why the enclave would take no entry now, for people; null if it would.</summary>
    /// <param name="required">The log's bounds.</param>
    /// <param name="size">Records in the log.</param>
    /// <param name="cosignedSize">Records up to the newest cosigned head.</param>
    /// <param name="age">How long the gateway has had that head; its lines are older.</param>
    public static string? Of(
        WitnessRequirement required, ulong size, ulong cosignedSize, TimeSpan age)
    {
        if (size >= cosignedSize + required.NumbersMax)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"The log has {size} records, its witnesses cosigned {cosignedSize}, and it runs "
                + $"ahead of them by {required.NumbersMax} at most.");
        }
        return age <= TimeSpan.FromSeconds(required.SecondsMax)
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Too few witnesses have cosigned the log for {(long)age.TotalSeconds} seconds, "
                + $"and it goes on without them for {required.SecondsMax} at most.");
    }
}
