using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Sequencer.Attestation;
using Sequencer.Toml;

namespace Sequencer.Keys;

/// <summary>
/// The file that says who may do what (docs/OPERATING.md, Access): a table for each key, and one for
/// each tenant with limits of its own. It holds digests, never a secret.
/// </summary>
/// <remarks>
/// <code>
/// [key.acme-1]
/// tenant = "acme"
/// digest = "64 hexadecimal digits"
/// scopes = ["read", "append"]
/// not-after = "2027-01-01T00:00:00Z"
///
/// [tenant.acme]
/// requests-per-second = 100
/// bytes-per-second = 1_000_000
/// streams-max = 10_000
/// subscribers-max = 20
/// </code>
/// A tenant whose name is no bare key is told by <c>name = "…"</c> in its table. Faults name a line and
/// quote nothing: what stands there by mistake may be a secret.
/// </remarks>
public sealed class KeyFile
{
    /// <summary>How a moment is written.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Highest limit.</summary>
    public const long LimitMax = 1L << 40;

    private const int TablesMax = 10_000;
    private const string RequestsName = "requests-per-second";
    private const string BytesName = "bytes-per-second";
    private const string StreamsName = "streams-max";
    private const string SubscribersName = "subscribers-max";
    private const string ScopesAreNeeded =
        "a key needs scopes, such as [\"read\", \"append\"]; there is admin too.";

    private readonly Dictionary<string, Table> _tables = new(StringComparer.Ordinal);
    private readonly HashSet<Digest> _digests = [];
    private readonly List<TenantKey> _keys = [];
    private readonly Dictionary<string, OwnLimits> _limits = new(StringComparer.Ordinal);

    private KeyFile()
    {
    }

    /// <summary>The keys, in the order of the file; no two with the same secret.</summary>
    public IReadOnlyList<TenantKey> Keys => _keys;

    /// <summary>Tenants with limits of their own, by name.</summary>
    public IReadOnlyDictionary<string, OwnLimits> Limits => _limits;

    /// <summary>Reads a text; the fault is one sentence, with the line.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out KeyFile? file, [NotNullWhen(false)] out string? fault)
    {
        file = null;
        if (!TomlDocument.TryParse(text, out TomlDocument? document, out TomlRefusal? refusal))
        {
            fault = At(refusal.Line, "this is not TOML as keys are written.");
            return false;
        }
        var read = new KeyFile();
        fault = read.Gather(document);
        if (fault is not null) return false;
        foreach ((string path, Table table) in read._tables)
        {
            string[] name = path.Split('.');
            fault = name[0] == "key" ? read.AddKey(name[1], table) : read.AddLimits(name[1], table);
            if (fault is not null) return false;
        }
        file = read;
        return true;
    }

    private string? Gather(TomlDocument document)
    {
        foreach (string path in document.Keys)
        {
            document.TryGet(path, out TomlValue? value);
            string[] parts = path.Split('.');
            if (parts is not [("key" or "tenant"), _, _])
            {
                return At(value!.Line, "only tables [key.NAME] and [tenant.NAME] stand here.");
            }
            string table = $"{parts[0]}.{parts[1]}";
            if (!_tables.TryGetValue(table, out Table? known))
            {
                if (_tables.Count == TablesMax) return At(value!.Line, $"more than {TablesMax} tables.");
                _tables[table] = known = new Table(value!.Line, []);
            }
            known.Values[parts[2]] = value!;
        }
        return null;
    }

    private string? AddKey(string id, Table table)
    {
        string[] known = ["tenant", "digest", "scopes", "not-after"];
        if (table.FindStranger(known) is { } stranger)
        {
            return At(stranger, "a key has tenant, digest, scopes and not-after.");
        }
        if (!TenantKey.IsId(id))
        {
            return At(table.Line, $"a key's name has at most {TenantKey.IdMaxChars} characters.");
        }
        if (table.Text("tenant") is not { } tenant || !TenantKey.IsTenant(tenant))
        {
            return At(table.Line, "a key needs tenant, 1 to 255 bytes of text.");
        }
        if (!Digest.TryParseHex(table.Text("digest"), out Digest digest))
        {
            return At(table.Line, "a key needs digest, 64 lower-case hexadecimal digits.");
        }
        if (!_digests.Add(digest))
        {
            return At(table.Line, "another key has the same secret.");
        }
        Scopes scopes = Scopes.None;
        foreach (string name in table.Values.GetValueOrDefault("scopes")?.Items ?? [])
        {
            Scopes scope = ScopeNames.Find(name);
            if (scope == Scopes.None) return At(table.Line, ScopesAreNeeded);
            scopes |= scope;
        }
        if (scopes == Scopes.None) return At(table.Line, ScopesAreNeeded);
        DateTimeOffset? notAfter = null;
        if (table.Values.ContainsKey("not-after"))
        {
            if (!TryParseTime(table.Text("not-after"), out DateTimeOffset end))
            {
                return At(table.Line, "not-after is a time such as \"2027-01-01T00:00:00Z\".");
            }
            notAfter = end;
        }
        _keys.Add(new TenantKey(id, tenant, digest, scopes, notAfter));
        return null;
    }

    private string? AddLimits(string label, Table table)
    {
        string[] known = ["name", RequestsName, BytesName, StreamsName, SubscribersName];
        if (table.FindStranger(known) is { } stranger)
        {
            return At(stranger, $"a tenant has no more than {string.Join(", ", known)}.");
        }
        string? name = table.Values.ContainsKey("name") ? table.Text("name") : label;
        if (name is null || !TenantKey.IsTenant(name))
        {
            return At(table.Line, "a tenant's name is 1 to 255 bytes of text.");
        }
        if (!table.TryRead(RequestsName, out long? requests)
            || !table.TryRead(BytesName, out long? bytes)
            || !table.TryRead(StreamsName, out long? streams)
            || !table.TryRead(SubscribersName, out long? subscribers))
        {
            return At(table.Line, $"limits are integers from 0 to {LimitMax}.");
        }
        var limits = new OwnLimits(requests, bytes)
        {
            StreamsMax = streams,
            SubscribersMax = subscribers,
        };
        return _limits.TryAdd(name, limits)
            ? null
            : At(table.Line, "this tenant has another table.");
    }

    /// <summary>Reads a moment as the file has it.</summary>
    public static bool TryParseTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    private static string At(int line, string reason) => $"line {line}: {reason}";

    private sealed record Table(int Line, Dictionary<string, TomlValue> Values)
    {
        public string? Text(string name) =>
            Values.TryGetValue(name, out TomlValue? value) && value.Kind == TomlKind.Text
                ? value.Text
                : null;

        public bool TryRead(string name, out long? number)
        {
            number = null;
            if (!Values.TryGetValue(name, out TomlValue? value)) return true;
            number = value.Number;
            return value.Kind == TomlKind.Number && value.Number is >= 0 and <= LimitMax;
        }

        public int? FindStranger(string[] known)
        {
            foreach ((string name, TomlValue value) in Values)
            {
                if (!known.Contains(name)) return value.Line;
            }
            return null;
        }
    }
}
