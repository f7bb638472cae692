using System.Globalization;
using System.Text;

namespace Sequencer.Bench.Parts;

/// <summary>How old an entry is when its event is there.</summary>
internal static class EventLag
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private const int TimeBytes = 24;

    /// <summary>
    /// The age of the last entry in a piece of an event stream, by its time, to the millisecond;
    /// false if the piece has no time, or only the beginning of one.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> received, DateTime now, out double ageMs)
    {
        ageMs = 0;
        ReadOnlySpan<byte> member = "\"time\":\""u8;
        int at = received.LastIndexOf(member);
        if (at < 0) return false;
        ReadOnlySpan<byte> text = received[(at + member.Length)..];
        if (text.Length < TimeBytes) return false;
        bool isTime = DateTime.TryParseExact(
            Encoding.ASCII.GetString(text[..TimeBytes]), Form, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time);
        ageMs = Math.Max(0, (now - time).TotalMilliseconds);
        return isTime;
    }
}
