using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>Tags: what this command may touch, and who made it.</summary>
internal static class Tags
{
    /// <summary>On everything that belongs to a sequencer: <c>Deployment=Sequencer</c>.</summary>
    public const string Deployment = "Deployment";

    /// <summary>Its value.</summary>
    public const string Sequencer = "Sequencer";

    /// <summary>Who made a thing, and so who takes it away.</summary>
    public const string ManagedBy = "ManagedBy";

    /// <summary>Made by <c>iac up</c>, taken down by <c>iac down</c>.</summary>
    public const string Stack = "sequencer-stack";

    /// <summary>Made by this command, one by one.</summary>
    public const string Command = "sequencer-iac";

    /// <summary>The call that made it, to find what it made when its answer was lost.</summary>
    public const string Request = "Request";

    /// <summary>The name that AWS's console shows.</summary>
    public const string Name = "Name";

    /// <summary>Reads <c>tagSet</c>.</summary>
    public static IReadOnlyDictionary<string, string> Read(XElement element) =>
        element.Items("tagSet").ToDictionary(
            item => item.Require("key"), item => item.Text("value") ?? "", StringComparer.Ordinal);

    /// <summary>Tags a thing that is being made.</summary>
    /// <param name="parameters">The call that makes it.</param>
    /// <param name="type">What it is, such as <c>instance</c>.</param>
    /// <param name="name">Its name, where it has none of its own.</param>
    /// <param name="request">The call that makes it, where that may have to be found.</param>
    public static QueryParameters AddTags(
        this QueryParameters parameters, string type, string? name = null, string? request = null)
    {
        (string Key, string? Value)[] tags =
            [(Deployment, Sequencer), (ManagedBy, Command), (Name, name), (Request, request)];
        int specification = parameters.NextNumber("TagSpecification", "ResourceType");
        parameters.Add($"TagSpecification.{specification}.ResourceType", type);
        int number = 0;
        foreach ((string key, string? value) in tags)
        {
            if (value is null) continue;
            number++;
            string prefix = $"TagSpecification.{specification}.Tag.{number}";
            parameters.Add($"{prefix}.Key", key).Add($"{prefix}.Value", value);
        }
        return parameters;
    }

    /// <summary>True for what belongs to a sequencer.</summary>
    public static bool AreOfSequencer(IReadOnlyDictionary<string, string> tags) =>
        tags.GetValueOrDefault(Deployment) == Sequencer;

    /// <summary>True for what <c>iac up</c> made.</summary>
    public static bool AreOfStack(IReadOnlyDictionary<string, string> tags) =>
        tags.GetValueOrDefault(ManagedBy) == Stack;

    /// <summary>True for what this command made.</summary>
    public static bool AreOfCommand(IReadOnlyDictionary<string, string> tags) =>
        AreOfSequencer(tags) && tags.GetValueOrDefault(ManagedBy) == Command;
}
