using System.Text.Json;

namespace Sequencer.Client;

/// <summary>Reads RFC 9457 problems, and makes the best of answers that are none.</summary>
internal static class ProblemJson
{
    private const string MediaType = "application/problem+json";
    private const string TypePrefix = "urn:sequencer:problem:";
    private const int MaxBytes = 64 * 1024;

    /// <summary>The problem that a refusing answer holds, or one of its status alone.</summary>
    public static async Task<GatewayProblem> ReadAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        int status = (int)response.StatusCode;
        if (response.Content.Headers.ContentType?.MediaType == MediaType)
        {
            try
            {
                byte[] body = await BoundedBody.ReadAsync(
                    response.Content, MaxBytes, cancellationToken);
                using JsonDocument json = AnswerObject.Parse(body);
                return Read(json.RootElement, status);
            }
            catch (UnexpectedAnswerException)
            {
                // The status is worth more to the caller than the fault of its explanation.
            }
        }
        return new GatewayProblem(
            "",
            status,
            "The answer is no problem of a gateway.",
            new Dictionary<string, JsonElement>());
    }

    /// <exception cref="UnexpectedAnswerException">It is no problem.</exception>
    public static GatewayProblem Read(JsonElement element, int? httpStatus = null)
    {
        var problem = new AnswerObject(element);
        string type = problem.OptionalText("type") ?? "";
        string name = type.StartsWith(TypePrefix, StringComparison.Ordinal)
            ? type[TypePrefix.Length..]
            : "";
        int status = httpStatus ?? (int)Math.Min(problem.UInt32("status"), 999);
        string detail = problem.OptionalText("detail") ?? problem.OptionalText("title") ?? "";
        var members = new Dictionary<string, JsonElement>();
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (member.Name is "type" or "title" or "status" or "detail") continue;
            members[member.Name] = member.Value.Clone();
        }
        return new GatewayProblem(name, status, detail, members);
    }
}
