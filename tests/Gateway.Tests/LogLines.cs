using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sequencer.Gateway.Tests;

/// <summary>Keeps what a gateway logs at a level and above, each with its exception.</summary>
internal sealed class LogLines(LogLevel lowest = LogLevel.Warning) : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>Waits until so many lines have a word: those of an answer come after it.</summary>
    public async Task UntilAsync(int count, string word)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Lines.Count(line => line.Contains(word, StringComparison.Ordinal)) < count)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _lines.Enqueue($"{formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
