using System.Collections.Frozen;

namespace Sequencer.Gateway.Access;

/// <summary>
/// What each path asks of its caller: the one table. It is asked for the route that was chosen and not
/// for the text of the path, so that no spelling of a path is judged otherwise than it is served. What
/// is not in it is refused.
/// </summary>
internal static class AccessTable
{
    /// <summary>For everybody: nothing there tells anything of the log's content.</summary>
    private const Scopes Open = Scopes.None;

    private const string Get = "GET";
    private const string Post = "POST";
    private const string Delete = "DELETE";

    private static readonly FrozenDictionary<(string Method, string Route), Scopes> Rules =
        new Dictionary<(string, string), Scopes>
        {
            [(Get, "/")] = Open,
            [(Get, "/verifier.html")] = Open,
            [(Get, "/livez")] = Open,
            [(Get, "/readyz")] = Open,
            [(Get, "/heartbeat")] = Open,
            [(Get, "/openapi.json")] = Open,
            [(Get, "/metrics")] = Scopes.Read,

            [(Post, "/sequence")] = Scopes.Append,
            [(Post, "/v1/entries")] = Scopes.Append,
            [(Post, "/v1/entries:batch")] = Scopes.Append,
            [(Post, "/v1/streams/{name}/entries")] = Scopes.Append,
            [(Delete, "/v1/entries/{number}/payload")] = Scopes.Admin,

            [(Get, "/v1/entries")] = Scopes.Read,
            [(Get, "/v1/entries/{number}")] = Scopes.Read,
            [(Get, "/v1/entries/{number}/payload")] = Scopes.Read,
            [(Get, "/v1/entries/{number}/receipt")] = Scopes.Read,
            [(Get, "/v1/streams")] = Scopes.Read,
            [(Get, "/v1/streams/{name}")] = Scopes.Read,
            [(Get, "/v1/streams/{name}/entries")] = Scopes.Read,

            [(Get, "/v1/log")] = Scopes.Read,
            [(Get, "/checkpoint")] = Scopes.Read,
            [(Get, "/tile/{**path}")] = Scopes.Read,
            [(Get, "/v1/checkpoint")] = Scopes.Read,
            [(Get, "/v1/tile/{**path}")] = Scopes.Read,
            [(Get, "/v1/proofs/inclusion")] = Scopes.Read,
            [(Get, "/v1/proofs/consistency")] = Scopes.Read,
            [(Get, "/v1/epochs")] = Scopes.Read,
            [(Get, "/v1/epochs/{epoch}")] = Scopes.Read,
            [(Get, "/v1/attestation")] = Scopes.Read,
        }.ToFrozenDictionary();

    /// <summary>The rows.</summary>
    public static IEnumerable<(string Method, string Route)> Rows => Rules.Keys;

    /// <summary>What a route asks for; none if it is open, null if it is not in the table.</summary>
    public static Scopes? Find(Endpoint? endpoint, string method)
    {
        if (endpoint is not RouteEndpoint { RoutePattern.RawText: { } route }) return null;
        string row = HttpMethods.IsHead(method) ? Get : method;
        return Rules.TryGetValue((row, route), out Scopes scopes) ? scopes : null;
    }
}
