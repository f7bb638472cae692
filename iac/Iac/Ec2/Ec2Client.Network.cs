using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>A subnet.</summary>
internal sealed record Subnet(string Id, string Zone, string VpcId);

/// <summary>A security group.</summary>
internal sealed record SecurityGroup(
    string Id, string Name, string VpcId, IReadOnlyDictionary<string, string> Tags);

internal sealed partial class Ec2Client
{
    /// <summary>The subnets that AWS made for every zone; none where somebody removed them.
    /// </summary>
    public async Task<IReadOnlyList<Subnet>> ListDefaultSubnetsAsync(
        CancellationToken cancellationToken) =>
    [
        .. SubnetsOf(await AskAsync(
            Call("DescribeSubnets").Filter("default-for-az", "true"), cancellationToken)),
    ];

    /// <summary>A subnet; null if there is none of the id.</summary>
    public async Task<Subnet?> FindSubnetAsync(string id, CancellationToken cancellationToken) =>
        SubnetsOf(await AskAsync(
            Call("DescribeSubnets").Filter("subnet-id", id), cancellationToken)).FirstOrDefault();

    /// <summary>A security group by its id, or by its name in a VPC; null if there is none.
    /// </summary>
    public async Task<SecurityGroup?> FindGroupAsync(
        string nameOrId, string vpcId, CancellationToken cancellationToken)
    {
        string filter = IsGroupId(nameOrId) ? "group-id" : "group-name";
        XElement answer = await AskAsync(
            Call("DescribeSecurityGroups").Filter(filter, nameOrId).Filter("vpc-id", vpcId),
            cancellationToken);
        return GroupsOf(answer).FirstOrDefault();
    }

    /// <summary>Those of some groups that (still) are there.</summary>
    public async Task<IReadOnlyList<SecurityGroup>> ListGroupsAsync(
        IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] :
        [
            .. GroupsOf(await AskAsync(
                Call("DescribeSecurityGroups").Filter("group-id", [.. ids]), cancellationToken)),
        ];

    /// <summary>True for what can be no name of a group.</summary>
    public static bool IsGroupId(string nameOrId) =>
        nameOrId.StartsWith("sg-", StringComparison.Ordinal);

    /// <summary>Makes a security group that lets nobody in.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateGroupAsync(
        string name, string vpcId, CancellationToken cancellationToken)
    {
        XElement answer = await DoAsync(
            Call("CreateSecurityGroup").Add("GroupName", name).Add("VpcId", vpcId)
                .Add("GroupDescription", "Sequencer: HTTPS, and SSH from chosen addresses")
                .AddTags("security-group", name),
            cancellationToken);
        return answer.Require("groupId");
    }

    /// <summary>Lets addresses in.</summary>
    /// <param name="groupId">The group.</param>
    /// <param name="port">TCP port.</param>
    /// <param name="cidr">Addresses, of IPv4 or IPv6.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task AllowAsync(
        string groupId, int port, string cidr, CancellationToken cancellationToken)
    {
        bool isIpv6 = cidr.Contains(':', StringComparison.Ordinal);
        return DoAsync(
            Call("AuthorizeSecurityGroupIngress").Add("GroupId", groupId)
                .Add("IpPermissions.1.IpProtocol", "tcp")
                .Add("IpPermissions.1.FromPort", port)
                .Add("IpPermissions.1.ToPort", port)
                .Add(
                    isIpv6 ? "IpPermissions.1.Ipv6Ranges.1.CidrIpv6"
                        : "IpPermissions.1.IpRanges.1.CidrIp",
                    cidr),
            cancellationToken);
    }

    /// <summary>Removes a group; false if something still uses it.</summary>
    public async Task<bool> DeleteGroupAsync(
        string groupId, CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(
                Call("DeleteSecurityGroup").Add("GroupId", groupId), cancellationToken);
            return true;
        }
        catch (AwsFault fault) when (fault.Code is "DependencyViolation" or "InvalidGroup.InUse")
        {
            return false;
        }
        catch (AwsFault fault) when (fault.Code == "InvalidGroup.NotFound")
        {
            return true;
        }
    }

    private static IEnumerable<SecurityGroup> GroupsOf(XElement answer) =>
        answer.Items("securityGroupInfo").Select(item => new SecurityGroup(
            item.Require("groupId"), item.Text("groupName") ?? "", item.Text("vpcId") ?? "",
            Tags.Read(item)));

    private static IEnumerable<Subnet> SubnetsOf(XElement answer) =>
        answer.Items("subnetSet").Select(item => new Subnet(
            item.Require("subnetId"), item.Text("availabilityZone") ?? "",
            item.Text("vpcId") ?? ""));
}
