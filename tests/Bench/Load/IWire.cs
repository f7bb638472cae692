namespace Sequencer.Bench.Load;

/// <summary>The client's side of a protocol on one connection.</summary>
internal interface IWire
{
    /// <summary>Entries that a call carries.</summary>
    int EntriesPerCall { get; }

    /// <summary>Answers that a call is given.</summary>
    int AnswersPerCall { get; }

    /// <summary>Says what comes before the first call, and hears it answered.</summary>
    Task OpenAsync(Connection connection);

    /// <summary>The bytes of the next call, valid until the one after it.</summary>
    ReadOnlyMemory<byte> NextCall();

    /// <summary>
    /// Takes messages from the front of what was received, up to and with the next answer;
    /// <paramref name="consumed"/> says how many bytes. False: more is needed for an answer.
    /// </summary>
    /// <exception cref="WireException">The server refused, or speaks another language.</exception>
    bool TryTake(ReadOnlySpan<byte> received, out int consumed);
}

/// <summary>A server that refused a call, or does not speak the protocol.</summary>
internal sealed class WireException(string message) : Exception(message)
{
    private const int TextMax = 200;

    public WireException(string what, ReadOnlySpan<byte> answer)
        : this($"{what}: {Printable(answer)}")
    {
    }

    private static string Printable(ReadOnlySpan<byte> answer) =>
        string.Concat(answer[..Math.Min(answer.Length, TextMax)].ToArray()
            .Select(b => b is >= 0x20 and < 0x7F ? (char)b : ' '));
}
