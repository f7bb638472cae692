using System.Net;
using System.Net.Http.Headers;
using Sequencer.Attestation.Log;

namespace Sequencer.Client;

/// <summary>A good answer, read whole.</summary>
/// <param name="Status">A status of success, or 404 where the request allows it.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">Its body, within the request's bound.</param>
internal sealed record GatewayAnswer(
    HttpStatusCode Status, HttpResponseHeaders Headers, byte[] Body)
{
    private const string ReplayedHeader = "Idempotent-Replayed";
    private const string SaltHeader = "Sequencer-Salt";

    /// <summary>True if there is nothing where the request allows that.</summary>
    public bool IsAbsent => Status == HttpStatusCode.NotFound;

    /// <summary>True if an earlier request with the same key did the work.</summary>
    public bool IsReplayed =>
        Headers.TryGetValues(ReplayedHeader, out IEnumerable<string>? values)
        && values.Contains("true");

    /// <summary>The salt of the payload that the body is; empty if it has none.</summary>
    /// <exception cref="UnexpectedAnswerException">The header is malformed.</exception>
    public byte[] Salt()
    {
        if (!Headers.TryGetValues(SaltHeader, out IEnumerable<string>? values)) return [];
        var salt = new byte[Limits.SaltBytes];
        return Convert.TryFromBase64String(string.Concat(values), salt, out int length)
            && length == salt.Length
                ? salt
                : throw new UnexpectedAnswerException($"Header {SaltHeader} is no salt.");
    }
}

/// <summary>A request that can be made again, as one that was sent cannot.</summary>
/// <param name="Method">Method.</param>
/// <param name="Path">Path and query, below the base address.</param>
/// <param name="AnswerMaxBytes">Longest good answer.</param>
internal sealed record GatewayRequest(HttpMethod Method, string Path, int AnswerMaxBytes)
{
    /// <summary>True if sending it twice does what sending it once does.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>True if 404 is an answer and no problem.</summary>
    public bool MayBeAbsent { get; init; }

    /// <summary>The body, if there is one.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Content type of the body; null if there is none.</summary>
    public string? ContentType { get; init; }

    /// <summary>Further headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>A read, which may always be repeated.</summary>
    public static GatewayRequest Get(string path, int answerMaxBytes) =>
        new(HttpMethod.Get, path, answerMaxBytes) { IsRepeatable = true };

    /// <summary>The message to send.</summary>
    public HttpRequestMessage ToMessage(Uri url)
    {
        var message = new HttpRequestMessage(Method, url);
        foreach ((string name, string value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }
        if (ContentType is null) return message;
        message.Content = new ReadOnlyMemoryContent(Body);
        message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        return message;
    }
}
