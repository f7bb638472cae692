using System.Globalization;

namespace Sequencer.Bench.Load;

/// <summary>
/// Redis: <c>XADD</c> to one stream, an entry each; several entries are a pipeline, sent at once
/// and answered one by one.
/// </summary>
internal sealed class RedisWire : IWire
{
    /// <summary>The stream that all connections append to.</summary>
    public const string Stream = "log";

    private readonly CallBytes _call = new();

    public RedisWire(int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            string command = string.Create(
                CultureInfo.InvariantCulture,
                $"*5\r\n$4\r\nXADD\r\n$3\r\n{Stream}\r\n$1\r\n*\r\n$1\r\ne\r\n$"
                + $"{CallBytes.EntryBytes}\r\n");
            _call.Text(command).Entry().Text("\r\n");
        }
    }

    public int EntriesPerCall => _call.Entries;

    public int AnswersPerCall => _call.Entries;

    public Task OpenAsync(Connection connection) => Task.CompletedTask;

    public ReadOnlyMemory<byte> NextCall() => _call.Next();

    /// <summary>An entry's id, a bulk string.</summary>
    public bool TryTake(ReadOnlySpan<byte> received, out int consumed)
    {
        consumed = 0;
        int line = received.IndexOf("\r\n"u8);
        if (line < 0) return false;
        if (received[0] != '$' || !int.TryParse(received[1..line], out int length) || length < 0)
        {
            throw new WireException("Redis", received[..line]);
        }
        int end = line + 2 + length + 2;
        if (received.Length < end) return false;
        consumed = end;
        return true;
    }
}
