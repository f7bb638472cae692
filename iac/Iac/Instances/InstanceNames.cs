using System.Text.RegularExpressions;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Instances;

/// <summary>Instances by their names, of which EC2 lets any number have the same.</summary>
internal static partial class InstanceNames
{
    /// <summary>The name that the settings say.</summary>
    public static string Require(SettingValues settings)
    {
        string name = settings.Require(AwsSettings.InstanceName);
        return Form().IsMatch(name)
            ? name
            : throw settings.Bad(
                AwsSettings.InstanceName, "1 to 100 of A-Z a-z 0-9 . _ -, beginning with no dot or -");
    }

    /// <summary>Refuses a name that an instance of a sequencer has.</summary>
    public static async Task RequireFreeAsync(
        Ec2Client ec2, string name, CancellationToken cancellationToken)
    {
        Instance[] taken = await FindAsync(ec2, name, cancellationToken);
        if (taken.Length == 0) return;
        throw new CommandFailure(
            FailureCodes.DuplicateInstance,
            $"There is an instance {name} already: {taken[0].Id}, {taken[0].State}.");
    }

    /// <summary>The one instance of a name.</summary>
    public static async Task<Instance> RequireOneAsync(
        Ec2Client ec2, string name, CancellationToken cancellationToken)
    {
        Instance[] found = await FindAsync(ec2, name, cancellationToken);
        return found switch
        {
            [Instance one] => one,
            [] => throw new CommandFailure(
                FailureCodes.NoSuchInstance, $"There is no instance {name} of a sequencer."),
            _ => throw new CommandFailure(
                FailureCodes.InstanceNameCollision,
                $"{found.Length} instances have the name {name}: "
                + $"{string.Join(", ", found.Select(i => i.Id))}. Name one with --id."),
        };
    }

    private static async Task<Instance[]> FindAsync(
        Ec2Client ec2, string name, CancellationToken cancellationToken) =>
    [
        .. (await ec2.ListInstancesAsync(cancellationToken))
            .Where(instance => instance.Name == name && !instance.IsGone),
    ];

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\\z")]
    private static partial Regex Form();
}
