using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>
/// The stream in a path, percent-encoded: <c>a%2Fb</c> is <c>a/b</c>. A router that decodes the path
/// as a whole could not tell that slash from a path's own, nor <c>%252F</c> from <c>%2F</c>, so the
/// name is read from the request as it came.
/// </summary>
internal static class StreamPath
{
    private const string Prefix = "/v1/streams/";

    /// <summary>The path of a stream.</summary>
    public static string Of(string name) => Prefix + Uri.EscapeDataString(name);

    /// <summary>Reads the name.</summary>
    public static Problem? TryReadName(HttpContext context, out string name)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        name = "";
        // The absolute form, which proxies are sent, begins with scheme and host.
        int start = target.StartsWith('/') ? 0 : target.IndexOf('/', target.IndexOf("//", StringComparison.Ordinal) + 2);
        if (start < 0
            || !target.AsSpan(start).StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Refused();
        }
        ReadOnlySpan<char> segment = target.AsSpan(start + Prefix.Length);
        int end = segment.IndexOfAny('/', '?', '#');
        return TryDecode(end < 0 ? segment : segment[..end], out name) ? null : Refused();
    }

    private static bool TryDecode(ReadOnlySpan<char> segment, out string name)
    {
        name = "";
        // A byte takes three characters at most.
        if (segment.Length is 0 or > 3 * Limits.NameMaxBytes) return false;
        Span<byte> bytes = stackalloc byte[3 * Limits.NameMaxBytes];
        int length = 0;
        for (int i = 0; i < segment.Length; i++)
        {
            if (!char.IsAscii(segment[i])) return false;
            byte value = (byte)segment[i];
            if (value == '%')
            {
                if (i + 2 >= segment.Length
                    || !byte.TryParse(
                        segment.Slice(i + 1, 2),
                        NumberStyles.AllowHexSpecifier,
                        CultureInfo.InvariantCulture,
                        out value))
                {
                    return false;
                }
                i += 2;
            }
            bytes[length++] = value;
        }
        if (length > Limits.NameMaxBytes || !Utf8.IsValid(bytes[..length])) return false;
        name = Encoding.UTF8.GetString(bytes[..length]);
        return true;
    }

    private static Problem Refused() =>
        Problem.Invalid("name", "A stream's name is 1 to 255 bytes of text, percent-encoded.");
}
