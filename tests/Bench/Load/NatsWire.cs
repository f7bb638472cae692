using System.Buffers.Text;
using System.Globalization;

namespace Sequencer.Bench.Load;

/// <summary>
/// NATS JetStream: <c>PUB</c> with a reply subject, and the stream's acknowledgement on it; several
/// entries are published at once and acknowledged one by one.
/// </summary>
internal sealed class NatsWire : IWire
{
    /// <summary>The stream, and the one subject that it keeps.</summary>
    public const string Stream = "log";

    private const string Inbox = "_INBOX.bench";

    private readonly CallBytes _call = new();
    private readonly string _inbox = string.Create(
        CultureInfo.InvariantCulture, $"{Inbox}.{Guid.NewGuid():N}");

    public NatsWire(int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            string publish = string.Create(
                CultureInfo.InvariantCulture, $"PUB {Stream} {_inbox} {CallBytes.EntryBytes}\r\n");
            _call.Text(publish).Entry().Text("\r\n");
        }
    }

    public int EntriesPerCall => _call.Entries;

    public int AnswersPerCall => _call.Entries;

    public async Task OpenAsync(Connection connection)
    {
        var hello = new CallBytes().Text(
            """CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"1"}"""
            + $"\r\nSUB {_inbox} 1\r\nPING\r\n");
        await connection.SendAsync(hello.Next());
        await connection.ReceiveAsync(this, answers: 1);
    }

    public ReadOnlyMemory<byte> NextCall() => _call.Next();

    /// <summary>
    /// A message with the acknowledgement, or the answer to the first ping. The server's own pings
    /// come every two minutes, and no load is so long.
    /// </summary>
    public bool TryTake(ReadOnlySpan<byte> received, out int consumed)
    {
        consumed = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = received[consumed..];
            int line = rest.IndexOf("\r\n"u8);
            if (line < 0) return false;
            ReadOnlySpan<byte> words = rest[..line];
            if (words.StartsWith("MSG "u8)) return TryTakeMessage(rest, line, ref consumed);
            if (words.StartsWith("-ERR"u8)) throw new WireException("NATS", words);
            consumed += line + 2;
            if (words.SequenceEqual("PONG"u8)) return true;
        }
    }

    private static bool TryTakeMessage(ReadOnlySpan<byte> rest, int line, ref int consumed)
    {
        ReadOnlySpan<byte> words = rest[..line];
        ReadOnlySpan<byte> last = words[(words.LastIndexOf((byte)' ') + 1)..];
        if (!Utf8Parser.TryParse(last, out int length, out _))
        {
            throw new WireException("NATS", words);
        }
        int end = line + 2 + length + 2;
        if (rest.Length < end) return false;
        ReadOnlySpan<byte> body = rest.Slice(line + 2, length);
        if (body.IndexOf("\"seq\":"u8) < 0) throw new WireException("NATS", body);
        consumed += end;
        return true;
    }
}
