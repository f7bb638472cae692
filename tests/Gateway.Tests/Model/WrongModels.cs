namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// Models that are wrong in one rule. A run that does not tell each of them from the sequencer
/// would not find a sequencer that is wrong in that rule either.
/// </summary>
internal static class WrongModels
{
    /// <summary>By what is wrong; made from cells-max and window.</summary>
    public static IReadOnlyDictionary<string, Func<int, int, LogModel>> All { get; } =
        new Dictionary<string, Func<int, int, LogModel>>
        {
            ["the window is one number shorter"] =
                (cells, window) => new LogModel(cells, window - 1),
            ["the window is one number longer"] =
                (cells, window) => new LogModel(cells, window + 1),
            ["one stream more fits"] =
                (cells, window) => new LogModel(cells + 1, window),
            ["guards come before keys"] =
                (cells, window) => new GuardsFirst(cells, window),
            ["other requests are replayed"] =
                (cells, window) => new NoConflicts(cells, window),
            ["parts of groups are replayed"] =
                (cells, window) => new PartialReplays(cells, window),
            ["a replay prolongs the window"] =
                (cells, window) => new Prolonged(cells, window),
            ["versions count from 0"] =
                (cells, window) => new VersionsFromZero(cells, window),
            ["a stream at another version will do"] =
                (cells, window) => new NoVersions(cells, window),
            ["streams that are only read do not count"] =
                (cells, window) => new NoGuardsOnOthers(cells, window),
            ["a stream has changed since its own newest entry"] =
                (cells, window) => new SinceTooStrict(cells, window),
            ["a refused group leaves its first members"] =
                (cells, window) => new NoUndo(cells, window),
            ["tenants share their streams"] =
                (cells, window) => new SharedStreams(cells, window),
            ["tenants share their keys"] =
                (cells, window) => new SharedKeys(cells, window),
            ["a refusal is remembered"] =
                (cells, window) => new KeepsRefusals(cells, window),
        };

    private sealed class GuardsFirst(int cells, int window) : LogModel(cells, window)
    {
        public override Told[] Append(Entry[] group) =>
            group.Length == 1 && Judge(group[0]) is { } refusal ? [refusal] : base.Append(group);
    }

    private sealed class NoConflicts(int cells, int window) : LogModel(cells, window)
    {
        protected override bool IsReplay(Entry[] group, Logged?[] used) =>
            used.All(use => use is not null);
    }

    private sealed class PartialReplays(int cells, int window) : LogModel(cells, window)
    {
        protected override bool IsReplay(Entry[] group, Logged?[] used) =>
            used.Zip(group).All(pair => pair.First?.Entry.IsSameAs(pair.Second) is true);
    }

    private sealed class Prolonged(int cells, int window) : LogModel(cells, window)
    {
        private readonly Dictionary<int, int> _last = [];

        public override Told[] Append(Entry[] group)
        {
            Told[] told = base.Append(group);
            foreach (Told one in told.Where(one => one.What == "replayed"))
            {
                _last[one.Value] = Log.Count;
            }
            return told;
        }

        protected override bool IsRemembered(int number) =>
            base.IsRemembered(_last.GetValueOrDefault(number, number));
    }

    private sealed class VersionsFromZero(int cells, int window) : LogModel(cells, window)
    {
        protected override int VersionAfter(Entry entry) => base.VersionAfter(entry) - 1;
    }

    private sealed class NoVersions(int cells, int window) : LogModel(cells, window)
    {
        protected override bool Holds(Guard guard) =>
            char.IsDigit(guard.Expected[0]) || base.Holds(guard);
    }

    private sealed class NoGuardsOnOthers(int cells, int window) : LogModel(cells, window)
    {
        protected override Told? Judge(Entry entry) => base.Judge(entry with { Also = null });
    }

    private sealed class SinceTooStrict(int cells, int window) : LogModel(cells, window)
    {
        protected override bool Holds(Guard guard) =>
            base.Holds(guard) && guard.Expected != $"since {LastOf(guard.Stream)}";
    }

    private sealed class NoUndo(int cells, int window) : LogModel(cells, window)
    {
        protected override void Undo(int size)
        {
        }
    }

    private sealed class SharedStreams(int cells, int window) : LogModel(cells, window)
    {
        public override bool IsIn(string stream, Logged? logged) =>
            logged?.Entry.Stream == stream;
    }

    private sealed class SharedKeys(int cells, int window) : LogModel(cells, window)
    {
        protected override bool IsInScope(Logged logged) => true;
    }

    private sealed class KeepsRefusals(int cells, int window) : LogModel(cells, window)
    {
        private readonly Dictionary<Entry, Told> _refused = [];

        protected override Told? Judge(Entry entry)
        {
            if (entry.Key is null) return base.Judge(entry);
            if (_refused.TryGetValue(entry, out Told before)) return before;
            Told? refusal = base.Judge(entry);
            if (refusal is { } told) _refused[entry] = told;
            return refusal;
        }
    }
}
