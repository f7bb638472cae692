namespace Sequencer.Keys;

/// <summary>What a caller may do.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read the log, and the payloads of the own tenant.</summary>
    Read = 1,

    /// <summary>Append entries of the own tenant.</summary>
    Append = 2,

    /// <summary>Erase payloads of the own tenant.</summary>
    Admin = 4,
}

/// <summary>Scopes as they are written: <c>read</c>, <c>append</c>, <c>admin</c>.</summary>
public static class ScopeNames
{
    private static readonly (string Name, Scopes Scope)[] All =
        [("read", Scopes.Read), ("append", Scopes.Append), ("admin", Scopes.Admin)];

    /// <summary>The scope of a name; none for any other word.</summary>
    public static Scopes Find(ReadOnlySpan<char> name)
    {
        foreach ((string known, Scopes scope) in All)
        {
            if (name.SequenceEqual(known)) return scope;
        }
        return Scopes.None;
    }

    /// <summary>The names of all scopes in a set, in one order.</summary>
    public static IEnumerable<string> Of(Scopes scopes) =>
        All.Where(s => scopes.HasFlag(s.Scope)).Select(s => s.Name);
}
