namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>
/// What the enclave and the programs around it wrote: kept in a file, passed on, the last lines
/// remembered. Lines come from several threads.
/// </summary>
internal sealed class ConsoleLog : IDisposable
{
    private const int TailLines = 25;

    private readonly Lock _gate = new();
    private readonly StreamWriter _file;
    private readonly Action<string> _forward;
    private readonly Queue<string> _tail = new();

    /// <summary>Starts a new file.</summary>
    public ConsoleLog(string path, Action<string> forward)
    {
        _file = new StreamWriter(path) { AutoFlush = true };
        _forward = forward;
    }

    /// <summary>The last lines.</summary>
    public string Tail
    {
        get
        {
            lock (_gate) return string.Join('\n', _tail);
        }
    }

    /// <summary>Takes a line, in which nothing is left that a terminal would obey.</summary>
    public void Add(string line)
    {
        string plain = string.Concat(line.Select(c => char.IsControl(c) && c != '\t' ? ' ' : c))
            .TrimEnd();
        lock (_gate)
        {
            if (_tail.Count == TailLines) _tail.Dequeue();
            _tail.Enqueue(plain);
            _file.WriteLine(plain);
            _forward(plain);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _file.Dispose();
    }
}
