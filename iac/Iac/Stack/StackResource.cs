using System.Text.Json;

namespace Sequencer.Iac.Stack;

/// <summary>What Pulumi remembers of a resource of a stack.</summary>
/// <param name="Type">Its type, as Pulumi names it.</param>
/// <param name="IsProtected">Whether Pulumi would refuse to delete it.</param>
internal sealed record StackResource(string Type, bool IsProtected)
{
    /// <summary>True for the instance.</summary>
    public bool IsInstance => Type == "aws:ec2/instance:Instance";

    /// <summary>True for the log's volume and the sealing key, which <c>iac down</c> leaves.</summary>
    public bool IsKept => Type is "aws:ebs/volume:Volume" or "aws:kms/key:Key";

    /// <summary>Those that there are.</summary>
    /// <param name="export">What <c>pulumi stack export</c> prints.</param>
    public static IReadOnlyList<StackResource> Read(string export)
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
                .Select(resource => new StackResource(
                    resource.GetProperty("type").GetString() ?? "",
                    resource.TryGetProperty("protect", out JsonElement value)
                        && value.ValueKind == JsonValueKind.True)),
        ];
    }
}
