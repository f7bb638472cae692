using System.Collections.Concurrent;
using System.Globalization;

namespace Sequencer.EndToEnd.Tests;

/// <summary>
/// Callers that each submit one entry after the other, and the same one again until it is
/// acknowledged, whatever becomes of the gateway meanwhile.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentBag<Acknowledged> _kept = [];
    private readonly CancellationTokenSource _noMore = new();
    private readonly CancellationTokenSource _givenUp = new();
    private readonly HttpClient _http;
    private readonly Task _callers;

    public Load(HttpClient http, int callers)
    {
        _http = http;
        _callers = Task.WhenAll(
            Enumerable.Range(0, callers).Select(caller => Task.Run(() => SubmitAsync(caller))));
    }

    /// <summary>Waits until so many more are acknowledged.</summary>
    public async Task UntilMoreAsync(int count)
    {
        int until = _kept.Count + count;
        using var patience = new CancellationTokenSource(Patience);
        while (_kept.Count < until) await Task.Delay(5, patience.Token);
    }

    /// <summary>Begins no further entries, waits for those under way, and gives them all.</summary>
    public async Task<Acknowledged[]> FinishAsync()
    {
        await _noMore.CancelAsync();
        await _callers.WaitAsync(Patience);
        return [.. _kept];
    }

    public async ValueTask DisposeAsync()
    {
        await _noMore.CancelAsync();
        await _givenUp.CancelAsync();
        await _callers;
        _noMore.Dispose();
        _givenUp.Dispose();
    }

    private async Task SubmitAsync(int caller)
    {
        for (int i = 0; !_noMore.IsCancellationRequested; i++)
        {
            string entry = string.Create(CultureInfo.InvariantCulture, $"{caller}/{i}");
            while (!_givenUp.IsCancellationRequested)
            {
                if (await Acknowledged.TrySubmitAsync(_http, entry, key: entry) is { } one)
                {
                    _kept.Add(one);
                    break;
                }
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
