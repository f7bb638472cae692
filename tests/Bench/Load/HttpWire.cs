using System.Globalization;

namespace Sequencer.Bench.Load;

/// <summary>
/// HTTP/1.1 with keep-alive: <c>POST</c> of one entry as it is, or of many as
/// <c>application/vnd.sequencer.batch</c> (docs/HTTP.md).
/// </summary>
internal sealed class HttpWire : IWire
{
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
    /// One good response; a batch in which an entry was refused is a refusal.
    /// </summary>
    public bool TryTake(ReadOnlySpan<byte> received, out int consumed)
    {
        if (!HttpAnswer.TryTake(received, out consumed, out ReadOnlySpan<byte> body)) return false;
        return body.IndexOf("\"refused\""u8) < 0
            ? true
            : throw new WireException("HTTP", received);
    }
}
