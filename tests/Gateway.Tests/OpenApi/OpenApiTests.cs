using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Http;

namespace Sequencer.Gateway.Tests.OpenApi;

public sealed class OpenApiTests : IAsyncLifetime
{
    private static readonly OpenApiDocument Document = OpenApiDocument.CheckedIn;
    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Fact]
    public async Task The_served_document_is_the_one_that_is_checked_in() =>
        Assert.Equal(Document.Bytes, await _gateway.Http.GetByteArrayAsync("/openapi.json"));

    [Fact]
    public void Every_path_is_documented_and_no_other()
    {
        var served = new SortedSet<string>(StringComparer.Ordinal);
        foreach (RouteEndpoint endpoint in _gateway.Services
            .GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            string path = endpoint.RoutePattern.RawText!.Replace("{**path}", "{path}");
            if (path.Length == 0 || path[0] != '/') path = "/" + path;
            foreach (string method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                if (method != "HEAD") served.Add($"{method} {path}");
            }
        }
        Assert.Equal(served, [.. Document.Operations.Select(o => o.Name).Order(StringComparer.Ordinal)]);
    }

    [Fact]
    public void Every_problem_is_documented_and_no_other()
    {
        IEnumerable<string> known = Enum.GetValues<ProblemKind>()
            .Select(kind => "urn:sequencer:problem:" + new Problem(kind, "").Meaning.Name);
        Assert.Equal(known.Order(StringComparer.Ordinal), Document.ProblemTypes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_operation_has_a_name_a_summary_and_an_answer()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string name, JsonElement operation) in Document.Operations)
        {
            Assert.True(names.Add(operation.GetProperty("operationId").GetString()!), name);
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.NotEmpty(operation.GetProperty("responses").EnumerateObject());
        }
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_component_is_used()
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        Walk(Document.Root, element =>
        {
            if (!element.TryGetProperty("$ref", out JsonElement reference)) return;
            used.Add(reference.GetString()!);
            Assert.Equal(JsonValueKind.Object, Document.Follow(element).ValueKind);
        });
        var components =
            from kind in Document.Root.GetProperty("components").EnumerateObject()
            where kind.Name != "securitySchemes"
            from component in kind.Value.EnumerateObject()
            select $"#/components/{kind.Name}/{component.Name}";
        Assert.Empty(components.Except(used));
    }

    [Fact]
    public void Every_example_fits_its_schema()
    {
        int count = 0;
        Walk(Document.Root, element =>
        {
            if (!element.TryGetProperty("schema", out JsonElement schema)) return;
            foreach (JsonElement example in ExamplesOf(element))
            {
                // Lines and other forms that are not JSON stand as text.
                if (example.ValueKind == JsonValueKind.String) continue;
                Assert.Empty(Document.Validate(example, schema));
                count++;
            }
        });
        Assert.True(count > 1, $"{count} examples");
    }

    [Fact]
    public async Task Every_example_of_an_append_is_taken()
    {
        int count = 0;
        foreach ((string name, JsonElement operation) in Document.Operations)
        {
            if (!operation.TryGetProperty("requestBody", out JsonElement body)) continue;
            if (!name.StartsWith("POST ", StringComparison.Ordinal)) continue;
            foreach (JsonProperty media in Document.Follow(body).GetProperty("content").EnumerateObject())
            {
                if (media.Name == "*/*") continue;
                foreach (JsonElement example in ExamplesOf(media.Value))
                {
                    string text = example.ValueKind == JsonValueKind.String
                        ? example.GetString()!
                        : example.GetRawText();
                    using HttpResponseMessage answer = await _gateway.PostAsync(
                        name["POST ".Length..].Replace("{name}", "orders"), text, media.Name);
                    string said = await answer.Content.ReadAsStringAsync();
                    Assert.True(answer.IsSuccessStatusCode, $"{name}: {text} -> {said}");
                    count++;
                }
            }
        }
        Assert.True(count > 2, $"{count} examples");
    }

    private static IEnumerable<JsonElement> ExamplesOf(JsonElement holder)
    {
        if (holder.TryGetProperty("example", out JsonElement one)) yield return one;
        if (!holder.TryGetProperty("examples", out JsonElement many)) yield break;
        if (many.ValueKind != JsonValueKind.Object) yield break;
        foreach (JsonProperty example in many.EnumerateObject())
        {
            yield return example.Value.GetProperty("value");
        }
    }

    private static void Walk(JsonElement element, Action<JsonElement> visit)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            visit(element);
            foreach (JsonProperty member in element.EnumerateObject())
            {
                // An example may look like anything.
                if (member.Name is not ("example" or "examples")) Walk(member.Value, visit);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray()) Walk(item, visit);
        }
    }
}
