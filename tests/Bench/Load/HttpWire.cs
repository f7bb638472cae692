using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Sequencer.Bench.Load;

/// <summary>
/// HTTP/1.1 with keep-alive: <c>POST</c> of one entry as it is, or of many as
/// <c>application/vnd.sequencer.batch</c> (docs/HTTP.md).
/// </summary>
internal sealed class HttpWire : IWire
{
    private const int MaxHeaderBytes = 16 * 1024;

    private readonly CallBytes _call = new();

    public HttpWire(Uri url, int entries)
    {
        string type = entries == 1 ? "application/octet-stream" : "application/vnd.sequencer.batch";
        int bytes = entries == 1
            ? CallBytes.EntryBytes
            : entries * (sizeof(int) + CallBytes.EntryBytes);
        _call.Text(string.Create(
            CultureInfo.InvariantCulture,
            $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\n"
            + $"Content-Type: {type}\r\nContent-Length: {bytes}\r\n\r\n"));
        for (int i = 0; i < entries; i++)
        {
            if (entries > 1) _call.Int32(CallBytes.EntryBytes);
            _call.Entry();
        }
    }

    public int EntriesPerCall => _call.Entries;

    public int AnswersPerCall => 1;

    public Task OpenAsync(Connection connection) => Task.CompletedTask;

    public ReadOnlyMemory<byte> NextCall() => _call.Next();

    /// <summary>
    /// One response with a good status, its body of a given length or in chunks; a batch in which
    /// an entry was refused is a refusal.
    /// </summary>
    public bool TryTake(ReadOnlySpan<byte> received, out int consumed)
    {
        consumed = 0;
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
        if (!isGood || rest[..bodyBytes].IndexOf("\"refused\""u8) >= 0)
        {
            throw new WireException("HTTP", received);
        }
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
