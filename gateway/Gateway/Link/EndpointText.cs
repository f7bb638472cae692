using System.Globalization;
using System.Text;

namespace Sequencer.Gateway.Link;

/// <summary>The parts that endpoints are written with.</summary>
internal static class EndpointText
{
    // sun_path of Linux holds 108 bytes with its final zero.
    public const int UnixPathMaxBytes = 107;

    public static bool IsUnixPath(string path) =>
        Encoding.UTF8.GetByteCount(path) is > 0 and <= UnixPathMaxBytes
        && !path.Contains('\0', StringComparison.Ordinal);

    /// <summary>Decimal, in the one way to write it.</summary>
    public static bool TryParseNumber(string text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
        && (text[0] != '0' || text.Length == 1);

    /// <summary>A vsock port: 0 is none, and 2^32 - 1 asks for any.</summary>
    public static bool TryParsePort(string text, out uint port) =>
        TryParseNumber(text, out port) && port is > 0 and < uint.MaxValue;
}
