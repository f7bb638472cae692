using System.Globalization;
using System.Text;

namespace Sequencer.Iac.Aws;

/// <summary>Parameters of a call in the Query protocol, in the order that they were given.</summary>
internal sealed class QueryParameters
{
    private readonly List<(string Name, string Value)> _all = [];

    /// <param name="version">Version of the service's interface, a date.</param>
    /// <param name="action">What is called.</param>
    public QueryParameters(string version, string action)
    {
        Action = action;
        Add("Action", action).Add("Version", version);
    }

    /// <summary>What is called.</summary>
    public string Action { get; }

    /// <summary>Adds a parameter.</summary>
    public QueryParameters Add(string name, string value)
    {
        _all.Add((name, value));
        return this;
    }

    /// <summary>Adds a number.</summary>
    public QueryParameters Add(string name, int value) =>
        Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a parameter where there is a value for it.</summary>
    public QueryParameters AddIf(string name, string? value) =>
        value is null ? this : Add(name, value);

    /// <summary>Adds a filter, the next in number.</summary>
    public QueryParameters Filter(string name, params ReadOnlySpan<string> values)
    {
        int number = NextNumber("Filter", "Name");
        Add($"Filter.{number}.Name", name);
        for (int i = 0; i < values.Length; i++) Add($"Filter.{number}.Value.{i + 1}", values[i]);
        return this;
    }

    /// <summary>The number of the next item of a list: items have a member of this name.</summary>
    public int NextNumber(string list, string member) =>
        _all.Count(p => p.Name.StartsWith(list + ".", StringComparison.Ordinal)
            && p.Name.EndsWith("." + member, StringComparison.Ordinal)) + 1;

    /// <summary>As the body of a form.</summary>
    public byte[] ToBody()
    {
        var body = new StringBuilder();
        foreach ((string name, string value) in _all)
        {
            if (body.Length > 0) body.Append('&');
            body.Append(Escape(name)).Append('=').Append(Escape(value));
        }
        return Encoding.UTF8.GetBytes(body.ToString());
    }

    // Of a form, unlike of an address, a blank is a plus.
    private static string Escape(string text) =>
        SigV4.Escape(text).Replace("%20", "+", StringComparison.Ordinal);
}
