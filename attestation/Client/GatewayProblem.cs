using System.Text.Json;

namespace Sequencer.Client;

/// <summary>An RFC 9457 problem (docs/HTTP.md).</summary>
/// <param name="Name">
/// The stable name, such as <c>version-mismatch</c>; empty for an answer that is no problem of a
/// gateway, as of a proxy before it.
/// </param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What happened, for people.</param>
/// <param name="Members">The other members, by name.</param>
public sealed record GatewayProblem(
    string Name, int Status, string Detail, IReadOnlyDictionary<string, JsonElement> Members);
