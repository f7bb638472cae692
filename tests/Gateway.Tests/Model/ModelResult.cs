namespace Sequencer.Gateway.Tests.Model;

/// <summary>What many runs came to; any thread adds to it.</summary>
internal sealed class ModelResult
{
    private readonly Dictionary<string, int> _seen = [];
    private readonly Lock _gate = new();
    private long _answers;
    private int _scripts;
    private volatile string? _fault;

    /// <summary>The first disagreement, with its seed and all that led to it; null if there was
    /// none.</summary>
    public string? Fault => _fault;

    /// <summary>Adds a log's run.</summary>
    public void Add(ModelRun run, int scripts, string? fault)
    {
        lock (_gate)
        {
            _scripts += scripts;
            _answers += run.Answers;
            foreach ((string word, int count) in run.Seen)
            {
                _seen[word] = _seen.GetValueOrDefault(word) + count;
            }
            _fault ??= fault;
        }
    }

    /// <summary>Answers that began or ended with a word.</summary>
    public int Count(string word)
    {
        lock (_gate) return _seen.GetValueOrDefault(word);
    }

    public override string ToString()
    {
        lock (_gate)
        {
            IEnumerable<string> often = _seen.OrderByDescending(pair => pair.Value).Take(16)
                .Select(pair => $"{pair.Key}: {pair.Value}");
            return $"{_scripts} scripts, {_answers} answers ({string.Join(", ", often)})";
        }
    }
}
