namespace Sequencer.Emulated.Tests;

/// <summary>What the parent's machine writes: the gateway's lines, and tests/ParentVm's.</summary>
internal sealed class ParentConsole
{
    private const string Failed = "parent: failed";
    private const string Receipt = "parent: receipt ";
    private const int TailLines = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private int _found = -1;
    private TaskCompletionSource _more = New();

    /// <summary>The lines up to now.</summary>
    public string[] Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    /// <summary>The receipt that was printed.</summary>
    public byte[] PrintedReceipt => Convert.FromBase64String(string.Concat(
        Lines.Where(line => line.StartsWith(Receipt, StringComparison.Ordinal))
            .Select(line => line[Receipt.Length..])));

    /// <summary>Takes a line.</summary>
    public void Add(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            _more.SetResult();
            _more = New();
        }
    }

    /// <summary>
    /// Waits for a line with a text in it, after the one that was waited for before; gives it.
    /// </summary>
    public async Task<string> UntilAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                int found = Find(text, _found + 1);
                if (found >= 0)
                {
                    _found = found;
                    return _lines[found];
                }
                Assert.True(Find(Failed, 0) < 0, Tail());
                more = _more.Task;
            }
            try
            {
                await more.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"The parent never said \"{text}\". It said:\n{Tail()}");
            }
        }
    }

    private int Find(string text, int from) =>
        _lines.FindIndex(from, line => line.Contains(text, StringComparison.Ordinal));

    private string Tail() => string.Join('\n', Lines.TakeLast(TailLines));

    // The test goes on in a thread of its own, not in the one that reads the console.
    private static TaskCompletionSource New() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
