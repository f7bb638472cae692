using System.Buffers;
using System.Text;

namespace Sequencer.Client.Subscriptions;

/// <summary>An event as it came.</summary>
/// <param name="Type">Its name; <c>message</c> where none was given.</param>
/// <param name="Data">Its data, lines joined by line feeds.</param>
internal sealed record ServerSentEvent(string Type, byte[] Data);

/// <summary>
/// Reads a body of server-sent events (WHATWG HTML, section 9.2) within a bound. Ids and times to
/// come back are not looked at: the records say where they stand.
/// </summary>
/// <param name="body">The body.</param>
/// <param name="maxBytes">Longest event.</param>
/// <param name="silence">How long the body may stay silent.</param>
/// <param name="time">Measures it.</param>
internal sealed class ServerSentEvents(
    Stream body, int maxBytes, TimeSpan silence, TimeProvider time)
{
    private const int FirstBufferBytes = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _data = new();
    private byte[] _buffer = new byte[FirstBufferBytes];
    private int _start;
    private int _end;
    private string _type = "";
    private bool _hasData;

    /// <summary>The next event with data; null where the body ends, inside an event too.</summary>
    /// <exception cref="TimeoutException">The body stayed silent.</exception>
    /// <exception cref="UnexpectedAnswerException">An event is too long.</exception>
    public async Task<ServerSentEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length < 0)
            {
                if (!await FillAsync(cancellationToken)) return null;
                continue;
            }
            ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
            _start += length + 1;
            if (TakeLine(line.Span) is { } whole) return whole;
        }
    }

    private ServerSentEvent? TakeLine(ReadOnlySpan<byte> line)
    {
        if (line.EndsWith("\r"u8)) line = line[..^1];
        if (line.IsEmpty) return Dispatch();
        int colon = line.IndexOf((byte)':');
        ReadOnlySpan<byte> name = colon < 0 ? line : line[..colon];
        ReadOnlySpan<byte> value = colon < 0 ? default : line[(colon + 1)..];
        if (value.StartsWith(" "u8)) value = value[1..];
        if (name.SequenceEqual("event"u8))
        {
            _type = Encoding.UTF8.GetString(value);
        }
        else if (name.SequenceEqual("data"u8))
        {
            if (_data.WrittenCount + value.Length >= maxBytes) throw TooLong();
            if (_hasData) _data.Write("\n"u8);
            _data.Write(value);
            _hasData = true;
        }
        return null;
    }

    private ServerSentEvent? Dispatch()
    {
        ServerSentEvent? whole = _hasData
            ? new ServerSentEvent(_type.Length > 0 ? _type : "message", _data.WrittenSpan.ToArray())
            : null;
        _data.ResetWrittenCount();
        (_type, _hasData) = ("", false);
        return whole;
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
        {
            // Grows with what has come; a line is at most the event's data and its name.
            if (_buffer.Length >= maxBytes + FirstBufferBytes) throw TooLong();
            Array.Resize(
                ref _buffer, (int)Math.Min(maxBytes + (long)FirstBufferBytes, 2L * _buffer.Length));
        }
        ValueTask<int> reading = body.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        int read = reading.IsCompleted
            ? await reading
            : await reading.AsTask().WaitAsync(silence, time, cancellationToken);
        _end += read;
        return read > 0;
    }

    private UnexpectedAnswerException TooLong() =>
        new($"An event is longer than {maxBytes} bytes.");
}
