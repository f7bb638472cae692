using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Sequencer.Gateway.Tests.OpenApi;

/// <summary>docs/openapi.json, and whether what a gateway answers is what it says.</summary>
internal sealed class OpenApiDocument
{
    private static readonly HashSet<string> Methods = ["get", "post", "put", "delete", "options"];

    private static readonly Lazy<OpenApiDocument> Read = new(() => new OpenApiDocument());

    private readonly JsonElement _root;
    private readonly List<(string[] Template, string Path)> _paths;

    private OpenApiDocument()
    {
        Bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "openapi.json"));
        using JsonDocument document = JsonDocument.Parse(Bytes);
        _root = document.RootElement.Clone();
        // Fixed steps before parameters, so that /v1/entries:batch is not a name.
        _paths = [.. _root.GetProperty("paths").EnumerateObject()
            .Select(p => (p.Name.Split('/'), p.Name))
            .OrderBy(p => p.Name.Count(c => c == '{'))];
    }

    /// <summary>The checked-in one, read once.</summary>
    public static OpenApiDocument CheckedIn => Read.Value;

    /// <summary>As it lies in docs/.</summary>
    public byte[] Bytes { get; }

    /// <summary>The whole of it.</summary>
    public JsonElement Root => _root;

    /// <summary>Each operation as method and path, such as <c>GET /v1/entries</c>.</summary>
    public IEnumerable<(string Name, JsonElement Operation)> Operations =>
        from path in _root.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where Methods.Contains(operation.Name)
        select ($"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value);

    /// <summary>The names of the problems.</summary>
    public IEnumerable<string> ProblemTypes =>
        _root.GetProperty("components").GetProperty("schemas").GetProperty("Problem")
            .GetProperty("properties").GetProperty("type").GetProperty("enum")
            .EnumerateArray().Select(name => name.GetString()!);

    /// <summary>A schema, its references followed.</summary>
    public JsonElement Follow(JsonElement schema) => JsonSchema.Follow(schema, _root);

    /// <summary>What is wrong with a value under a schema of this document.</summary>
    public List<string> Validate(JsonElement value, JsonElement schema) =>
        JsonSchema.Validate(value, schema, _root);

    /// <summary>What of an answer the document does not say; null when it says all of it.</summary>
    public string? FindFault(HttpMethod method, Uri uri, HttpResponseMessage answer, byte[] body)
    {
        // A HEAD has the answer of a GET, without its body; what has no path is asked of nobody.
        string name = method == HttpMethod.Head ? "get" : method.Method.ToLowerInvariant();
        if (FindPath(uri) is not { } path
            || !_root.GetProperty("paths").GetProperty(path).TryGetProperty(name, out JsonElement operation))
        {
            return null;
        }
        string status = ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (!operation.GetProperty("responses").TryGetProperty(status, out JsonElement response))
        {
            return $"{name} {path}: status {status} is not documented";
        }
        string? type = answer.Content.Headers.ContentType?.ToString();
        bool hasContent = Follow(response).TryGetProperty("content", out JsonElement content);
        if (type is null || method == HttpMethod.Head) return null;
        if (!hasContent) return $"{name} {path} {status}: has a body, which is not documented";
        if (!TryFindType(content, type, out JsonElement media))
        {
            return $"{name} {path} {status}: {type} is not documented";
        }
        if (!IsJson(type) || !media.TryGetProperty("schema", out JsonElement schema)) return null;
        using JsonDocument json = JsonDocument.Parse(body);
        List<string> faults = Validate(json.RootElement, schema);
        return faults.Count == 0
            ? null
            : $"{name} {path} {status}: {string.Join("; ", faults)}\n{Encoding.UTF8.GetString(body)}";
    }

    private static bool IsJson(string type) =>
        MediaTypeHeaderValue.Parse(type).MediaType is { } media
        && (media == "application/json" || media.EndsWith("+json", StringComparison.Ordinal));

    private static bool TryFindType(JsonElement content, string type, out JsonElement media) =>
        content.TryGetProperty(type, out media)
        || content.TryGetProperty(MediaTypeHeaderValue.Parse(type).MediaType!, out media)
        || content.TryGetProperty("*/*", out media);

    private string? FindPath(Uri uri)
    {
        string[] steps = uri.AbsolutePath.Split('/');
        foreach ((string[] template, string path) in _paths)
        {
            bool takesRest = template[^1] is "{path}";
            if (takesRest ? steps.Length < template.Length : steps.Length != template.Length) continue;
            bool matches = true;
            for (int i = 0; i < template.Length && matches; i++)
            {
                matches = template[i].StartsWith('{') || template[i] == steps[i];
            }
            if (matches) return path;
        }
        return null;
    }
}
