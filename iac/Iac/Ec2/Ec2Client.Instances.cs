using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>An instance.</summary>
/// <param name="Id">Id, <c>i-…</c>.</param>
/// <param name="Name">The tag <c>Name</c>; may be empty.</param>
/// <param name="State">EC2's word: <c>pending</c>, <c>running</c>, <c>terminated</c>…</param>
/// <param name="Type">Its type.</param>
/// <param name="Address">Public name or address; null as long as it has none.</param>
/// <param name="KeyName">The key pair that lets in; null for none.</param>
/// <param name="HasEnclaves">Whether enclaves are enabled; null where EC2 does not say.</param>
/// <param name="GroupIds">Its security groups.</param>
/// <param name="Tags">Tags.</param>
internal sealed record Instance(
    string Id,
    string Name,
    string State,
    string Type,
    string? Address,
    string? KeyName,
    bool? HasEnclaves,
    IReadOnlyList<string> GroupIds,
    IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>True once it is on its way out, or gone.</summary>
    public bool IsGone => State is "shutting-down" or "terminated";

    /// <summary>True if the call of this token made it.</summary>
    public bool IsOf(string token) => Tags.GetValueOrDefault(Ec2.Tags.Request) == token;
}

/// <summary>What an instance is made from; without a key pair nobody can log in.</summary>
internal sealed record InstancePlan(
    string Name,
    InstanceType Type,
    MachineImage Image,
    string? KeyName,
    Subnet Subnet,
    int VolumeGib);

internal sealed partial class Ec2Client
{
    /// <summary>All instances of sequencers, also those on their way out.</summary>
    public async Task<IReadOnlyList<Instance>> ListInstancesAsync(
        CancellationToken cancellationToken) =>
    [
        .. InstancesOf(await AskAllAsync(
            () => Call("DescribeInstances").Filter($"tag:{Tags.Deployment}", Tags.Sequencer),
            "reservationSet", cancellationToken)),
    ];

    /// <summary>An instance; null if there is none of the id (any more).</summary>
    public async Task<Instance?> FindInstanceAsync(string id, CancellationToken cancellationToken)
    {
        XElement answer = await AskAsync(
            Call("DescribeInstances").Filter("instance-id", id), cancellationToken);
        return InstancesOf(answer.Items("reservationSet")).FirstOrDefault();
    }

    /// <summary>Makes an instance: with enclaves, IMDSv2 alone, and an encrypted disk.</summary>
    /// <param name="plan">What it is made from.</param>
    /// <param name="groupId">Its security group.</param>
    /// <param name="token">Makes a repeated call the same call; the instance is tagged with it.
    /// </param>
    /// <param name="cancellationToken">Gives up; the instance may be there all the same.</param>
    public async Task<Instance> RunAsync(
        InstancePlan plan, string groupId, string token, CancellationToken cancellationToken)
    {
        QueryParameters call = RunCall(plan, token).Add("SecurityGroupId.1", groupId);
        XElement answer = await AskAsync(call, cancellationToken);
        return answer.Items("instancesSet").Select(InstanceOf).FirstOrDefault()
            ?? throw new AwsFault($"ec2:{call.Action}", 200, "", "the answer has no instance");
    }

    /// <summary>Asks whether <see cref="RunAsync"/> would be allowed; a fault tells why not.
    /// </summary>
    public Task TryRunAsync(InstancePlan plan, CancellationToken cancellationToken) =>
        TryAsync(RunCall(plan, Guid.NewGuid().ToString("N")), cancellationToken);

    /// <summary>Ends an instance, for good.</summary>
    public Task TerminateAsync(string id, CancellationToken cancellationToken) =>
        AskAsync(Call("TerminateInstances").Add("InstanceId.1", id), cancellationToken);

    private static QueryParameters RunCall(InstancePlan plan, string token) =>
        Call("RunInstances")
            .Add("ImageId", plan.Image.Id)
            .Add("InstanceType", plan.Type.Name)
            .Add("MinCount", 1)
            .Add("MaxCount", 1)
            .AddIf("KeyName", plan.KeyName)
            .Add("SubnetId", plan.Subnet.Id)
            .Add("EnclaveOptions.Enabled", "true")
            // A token for each session, and none for what sits behind a hop, such as a container.
            .Add("MetadataOptions.HttpEndpoint", "enabled")
            .Add("MetadataOptions.HttpTokens", "required")
            .Add("MetadataOptions.HttpPutResponseHopLimit", 1)
            .Add("BlockDeviceMapping.1.DeviceName", plan.Image.RootDevice)
            .Add("BlockDeviceMapping.1.Ebs.VolumeType", "gp3")
            .Add("BlockDeviceMapping.1.Ebs.VolumeSize", plan.VolumeGib)
            .Add("BlockDeviceMapping.1.Ebs.Encrypted", "true")
            .Add("BlockDeviceMapping.1.Ebs.DeleteOnTermination", "true")
            .Add("ClientToken", token)
            .AddTags("instance", plan.Name, token)
            .AddTags("volume", plan.Name)
            .AddTags("network-interface", plan.Name);

    private static IEnumerable<Instance> InstancesOf(IEnumerable<XElement> reservations) =>
        reservations.SelectMany(r => r.Items("instancesSet")).Select(InstanceOf);

    private static Instance InstanceOf(XElement item)
    {
        IReadOnlyDictionary<string, string> tags = Tags.Read(item);
        return new Instance(
            item.Require("instanceId"),
            tags.GetValueOrDefault(Tags.Name, ""),
            item.Child("instanceState")?.Text("name") ?? "",
            item.Text("instanceType") ?? "",
            item.Text("dnsName") ?? item.Text("ipAddress"),
            item.Text("keyName"),
            item.Child("enclaveOptions")?.Text("enabled") switch
            {
                null => null,
                string enabled => enabled == "true",
            },
            [.. item.Items("groupSet").Select(group => group.Require("groupId"))],
            tags);
    }
}
