using System.Globalization;
using System.Text;

namespace Sequencer.Bench.Load;

/// <summary>
/// HTTP/1.1 with keep-alive: <c>GET</c> of paths in which an asterisk stands for a number, another
/// in each call.
/// </summary>
/// <param name="url">What to get.</param>
/// <param name="entries">Entries that an answer carries.</param>
/// <param name="numbers">The numbers are 1 to this.</param>
internal sealed class HttpReadWire(Uri url, int entries, int numbers) : IWire
{
    private readonly Random _random = new();
    private readonly byte[] _call = new byte[1024];

    public int EntriesPerCall => entries;

    public int AnswersPerCall => 1;

    public Task OpenAsync(Connection connection) => Task.CompletedTask;

    public ReadOnlyMemory<byte> NextCall()
    {
        string number = _random.Next(1, numbers + 1).ToString(CultureInfo.InvariantCulture);
        string path = url.PathAndQuery.Replace("*", number, StringComparison.Ordinal);
        int length = Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {url.Authority}\r\nAccept: application/json\r\n\r\n",
            _call);
        return _call.AsMemory(0, length);
    }

    public bool TryTake(ReadOnlySpan<byte> received, out int consumed) =>
        HttpAnswer.TryTake(received, out consumed, out _);
}
