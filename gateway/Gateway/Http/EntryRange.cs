using System.Globalization;
using System.Text;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>Which part of a sequence of entries a request asks for, and how.</summary>
/// <param name="FromName">The parameter of the position: a number's or a version's.</param>
/// <param name="From">The position; null for the first in the direction.</param>
/// <param name="Limit">Most entries.</param>
/// <param name="Direction">Which way.</param>
/// <param name="HasPayloads">Whether payloads are included.</param>
/// <param name="Rest">Other parameters as they came, which links to further pages repeat.</param>
internal readonly record struct EntryRange(
    string FromName, ulong? From, int Limit, ReadDirection Direction, bool HasPayloads, string Rest)
{
    private const ulong LimitDefault = 100;
    private const ulong LimitMax = 1000;

    /// <summary>Reads the parameters.</summary>
    /// <param name="request">The request.</param>
    /// <param name="fromName">The parameter of the position.</param>
    /// <param name="isPayloadIncluded">Whether payloads are included unless something else is
    /// said.</param>
    /// <param name="range">The range.</param>
    public static Problem? TryRead(
        HttpRequest request, string fromName, bool isPayloadIncluded, out EntryRange range)
    {
        range = default;
        ulong limit = 0;
        ulong from = 0;
        var direction = ReadDirection.Forwards;
        bool hasPayloads = false;
        Problem? problem =
            Query.TryRead(request, "limit", LimitDefault, 1, LimitMax, out limit)
            ?? Query.TryRead(request, fromName, 0, 0, ulong.MaxValue, out from)
            ?? TryReadDirection(request, out direction)
            ?? Query.TryReadFlag(request, "payload", isPayloadIncluded, out hasPayloads);
        if (problem is not null) return problem;
        ulong? start = request.Query.ContainsKey(fromName) ? from : null;
        string rest = RestOf(request, fromName);
        range = new EntryRange(fromName, start, (int)limit, direction, hasPayloads, rest);
        return null;
    }

    /// <summary>The query of the page that begins at a position.</summary>
    public string QueryAt(ulong position) =>
        string.Create(CultureInfo.InvariantCulture, $"?{FromName}={position}&limit={Limit}{Rest}");

    private static Problem? TryReadDirection(HttpRequest request, out ReadDirection direction)
    {
        string? text = request.Query["direction"];
        direction = text == "backwards" ? ReadDirection.Backwards : ReadDirection.Forwards;
        return text is null or "forwards" or "backwards"
            ? null
            : Problem.Invalid("direction", "forwards or backwards.");
    }

    private static string RestOf(HttpRequest request, string fromName)
    {
        var rest = new StringBuilder();
        foreach ((string name, var value) in request.Query)
        {
            if (name == fromName || name == "limit") continue;
            rest.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value.ToString()));
        }
        return rest.ToString();
    }
}
