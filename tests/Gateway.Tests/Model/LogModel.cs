using System.Globalization;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>An entry that the log has.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Number">Its number.</param>
/// <param name="Entry">What was asked.</param>
/// <param name="Version">The version that it gave its stream; 0 without one.</param>
/// <param name="Index">Its place in its group.</param>
/// <param name="Count">Entries of its group.</param>
internal sealed record Logged(
    int Tenant, int Number, Entry Entry, int Version, int Index, int Count);

/// <summary>What became of one entry: <paramref name="What"/> and, by that, a number.</summary>
/// <param name="What">appended or replayed (number), version-mismatch (the stream's version),
/// idempotency-conflict (who used the key), cells-full (the limit), or other-member.</param>
/// <param name="Value">As said.</param>
/// <param name="Failed">The guard that does not hold.</param>
internal readonly record struct Told(string What, int Value, Guard? Failed = null);

/// <summary>
/// What a log promises to those who append, as a list that is searched: the number is the place in
/// the list, the version is the count, and a key is looked up before anything is judged.
/// </summary>
internal class LogModel(int cellsMax, int window)
{
    /// <summary>Whose request is looked at: all streams and keys are this tenant's.</summary>
    public int Tenant { get; set; }

    /// <summary>By number; null for a record that is no entry, such as the genesis statement.
    /// </summary>
    public List<Logged?> Log { get; private set; } = [null];

    /// <summary>A model that goes its own way from here on.</summary>
    public LogModel Copy()
    {
        var copy = (LogModel)MemberwiseClone();
        copy.Log = [.. Log];
        return copy;
    }

    /// <summary>An epoch begins: its statement is a record too.</summary>
    public void Restart() => Log.Add(null);

    /// <summary>Appends all entries of a group or none; what became of each.</summary>
    public virtual Told[] Append(Entry[] group)
    {
        Logged?[] used = [.. group.Select(FindUse)];
        int first = Array.FindIndex(used, use => use is not null);
        if (first >= 0)
        {
            return IsReplay(group, used)
                ? [.. used.Select(use => new Told("replayed", use!.Number))]
                : Refuse(group, first, new Told("idempotency-conflict", used[first]!.Number));
        }
        int size = Log.Count;
        for (int i = 0; i < group.Length; i++)
        {
            if (Judge(group[i]) is { } refusal)
            {
                Undo(size);
                return Refuse(group, i, refusal);
            }
            Log.Add(new Logged(
                Tenant, Log.Count, group[i], VersionAfter(group[i]), i, group.Length));
        }
        return [.. group.Select((_, i) => new Told("appended", size + i))];
    }

    /// <summary>The version of a stream: how many entries were appended to it.</summary>
    public int Version(string stream) => Log.Count(logged => IsIn(stream, logged));

    /// <summary>The number of the newest entry of a stream; 0 if it has none.</summary>
    public int LastOf(string stream) =>
        Log.FindLast(logged => IsIn(stream, logged))?.Number ?? 0;

    /// <summary>Whether the tenant's stream has this record.</summary>
    public virtual bool IsIn(string stream, Logged? logged) =>
        logged?.Entry.Stream == stream && logged.Tenant == Tenant;

    /// <summary>The entry that used a key, if that is remembered at the next number.</summary>
    protected Logged? FindUse(Entry entry) =>
        Log.FindLast(logged => logged is not null && logged.Entry.HasKeyOf(entry)
            && IsInScope(logged) && IsRemembered(logged.Number));

    protected virtual bool IsInScope(Logged logged) => logged.Tenant == Tenant;

    protected virtual bool IsRemembered(int number) => Log.Count - number <= window;

    protected virtual bool IsReplay(Entry[] group, Logged?[] used) =>
        used.Select((use, i) => use is not null && use.Entry.IsSameAs(group[i])
            && (use.Index, use.Count) == (i, group.Length)
            && use.Number == used[0]!.Number + i).All(same => same);

    /// <summary>Why an entry may not be appended next; null if it may.</summary>
    protected virtual Told? Judge(Entry entry)
    {
        foreach (Guard guard in entry.Guards)
        {
            if (!Holds(guard))
            {
                return new Told("version-mismatch", Version(guard.Stream), guard);
            }
        }
        return entry.Stream is not null && Version(entry.Stream) == 0 && Streams() >= cellsMax
            ? new Told("cells-full", cellsMax)
            : null;
    }

    protected virtual bool Holds(Guard guard) => guard.Expected.Split(' ') switch
    {
        ["none"] => Version(guard.Stream) == 0,
        ["exists"] => Version(guard.Stream) > 0,
        ["since", var number] => LastOf(guard.Stream) <= Number(number),
        [var version] => Version(guard.Stream) == Number(version),
        _ => throw new InvalidOperationException($"{guard} is no guard."),
    };

    protected virtual int VersionAfter(Entry entry) =>
        entry.Stream is null ? 0 : Version(entry.Stream) + 1;

    protected virtual void Undo(int size) => Log.RemoveRange(size, Log.Count - size);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    // Of all tenants: they share the cap.
    private int Streams() =>
        Log.Where(logged => logged?.Entry.Stream is not null)
            .Select(logged => (logged!.Tenant, logged.Entry.Stream)).Distinct().Count();

    private static Told[] Refuse(Entry[] group, int at, Told refusal) =>
        [.. group.Select((_, i) => i == at ? refusal : new Told("other-member", at))];
}
