using System.Text.Json;

namespace Sequencer.Iac.Stack;

/// <summary>The log's volume or the sealing key, which <c>iac down</c> leaves.</summary>
/// <param name="Type">Its type, as Pulumi names it.</param>
/// <param name="IsProtected">Whether Pulumi would refuse to delete it.</param>
internal sealed record KeptResource(string Type, bool IsProtected)
{
    private static readonly string[] Types = ["aws:ebs/volume:Volume", "aws:kms/key:Key"];

    /// <summary>Those that there are.</summary>
    /// <param name="export">What <c>pulumi stack export</c> prints.</param>
    public static IReadOnlyList<KeptResource> Read(string export)
    {
        using JsonDocument document = JsonDocument.Parse(export);
        if (!document.RootElement.TryGetProperty("deployment", out JsonElement deployment)
            || !deployment.TryGetProperty("resources", out JsonElement resources)
            || resources.ValueKind != JsonValueKind.Array)
        {
            return [];
        }
        return
        [
            .. resources.EnumerateArray()
                .Select(resource => new KeptResource(
                    resource.GetProperty("type").GetString() ?? "",
                    resource.TryGetProperty("protect", out JsonElement value)
                        && value.ValueKind == JsonValueKind.True))
                .Where(resource => Types.Contains(resource.Type)),
        ];
    }
}
