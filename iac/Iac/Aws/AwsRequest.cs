namespace Sequencer.Iac.Aws;

/// <summary>One call, before it is signed.</summary>
internal sealed class AwsRequest
{
    /// <summary>Method.</summary>
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>Path, escaped.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Query, not escaped.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <summary>Headers by their lower-case names, in order, all of which are signed.</summary>
    public SortedDictionary<string, string> Headers { get; } = new(StringComparer.Ordinal);

    /// <summary>Body.</summary>
    public byte[] Body { get; init; } = [];
}
