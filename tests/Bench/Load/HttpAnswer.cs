using System.Buffers.Text;
using System.Text;

namespace Sequencer.Bench.Load;

/// <summary>Takes an HTTP/1.1 response off what was received.</summary>
internal static class HttpAnswer
{
    private const int MaxHeaderBytes = 16 * 1024;

    /// <summary>
    /// One response with a good status, its body of a given length or in chunks, which
    /// <paramref name="body"/> is with what stands between them. False: more is needed.
    /// </summary>
    /// <exception cref="WireException">The status is another, or this is no HTTP.</exception>
    public static bool TryTake(
        ReadOnlySpan<byte> received, out int consumed, out ReadOnlySpan<byte> body)
    {
        consumed = 0;
        body = default;
        int headerEnd = received.IndexOf("\r\n\r\n"u8);
        if (headerEnd < 0)
        {
            return received.Length <= MaxHeaderBytes
                ? false
                : throw new WireException("HTTP", received);
        }
        ReadOnlySpan<byte> header = received[..headerEnd];
        ReadOnlySpan<byte> rest = received[(headerEnd + 4)..];
        int bodyBytes;
        if (TryFind(header, "\r\ncontent-length: "u8, out ReadOnlySpan<byte> length))
        {
            if (!Utf8Parser.TryParse(length, out bodyBytes, out _) || bodyBytes < 0)
            {
                throw new WireException("HTTP", header);
            }
            if (rest.Length < bodyBytes) return false;
        }
        else if (!TryFind(header, "\r\ntransfer-encoding: chunked"u8, out _))
        {
            throw new WireException("HTTP", header);
        }
        else if (!TryMeasureChunks(rest, out bodyBytes))
        {
            return false;
        }
        // "HTTP/1.1 2xx"
        bool isGood = header.Length >= 12 && header[9] == '2';
        if (!isGood) throw new WireException("HTTP", received);
        body = rest[..bodyBytes];
        consumed = headerEnd + 4 + bodyBytes;
        return true;
    }

    private static bool TryMeasureChunks(ReadOnlySpan<byte> body, out int bytes)
    {
        for (bytes = 0; ;)
        {
            ReadOnlySpan<byte> rest = body[bytes..];
            int line = rest.IndexOf("\r\n"u8);
            if (line < 0) return false;
            if (!Utf8Parser.TryParse(rest[..line], out int length, out _, 'x') || length < 0)
            {
                throw new WireException("HTTP chunk", rest[..line]);
            }
            int end = line + 2 + length + 2;
            if (rest.Length < end) return false;
            bytes += end;
            if (length == 0) return true;
        }
    }

    // Names of header fields have no case; servers write them in two ways.
    private static bool TryFind(
        ReadOnlySpan<byte> header, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        value = default;
        for (int at = 0; at + field.Length <= header.Length; at++)
        {
            int line = header[at..].IndexOf((byte)'\r');
            if (line < 0) return false;
            at += line;
            if (at + field.Length <= header.Length
                && Ascii.EqualsIgnoreCase(header.Slice(at, field.Length), field))
            {
                value = header[(at + field.Length)..];
                int end = value.IndexOf((byte)'\r');
                if (end >= 0) value = value[..end];
                return true;
            }
        }
        return false;
    }
}
