using System.Globalization;
using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>A type of instance.</summary>
/// <param name="Name">Name, such as <c>c6a.xlarge</c>.</param>
/// <param name="Architecture">EC2's name of its processor: <c>x86_64</c> or <c>arm64</c>; of
/// several the first.</param>
/// <param name="SupportsEnclaves">Whether enclaves run on it.</param>
/// <param name="VCpus">Virtual processors.</param>
/// <param name="ThreadsPerCore">Virtual processors of one core.</param>
/// <param name="MemoryMib">Memory.</param>
internal sealed record InstanceType(
    string Name,
    string Architecture,
    bool SupportsEnclaves,
    int VCpus,
    int ThreadsPerCore,
    int MemoryMib);

internal sealed partial class Ec2Client
{
    /// <summary>A type; null if EC2 knows none of the name.</summary>
    public async Task<InstanceType?> FindTypeAsync(
        string name, CancellationToken cancellationToken)
    {
        XElement answer;
        try
        {
            answer = await AskAsync(
                Call("DescribeInstanceTypes").Add("InstanceType.1", name), cancellationToken);
        }
        catch (AwsFault fault) when (fault.Code is "InvalidInstanceType" or "InvalidParameterValue")
        {
            return null;
        }
        if (answer.Items("instanceTypeSet").FirstOrDefault() is not { } type) return null;
        return new InstanceType(
            type.Require("instanceType"),
            type.Child("processorInfo")?.Items("supportedArchitectures").FirstOrDefault()?.Value
                ?? "",
            type.Text("nitroEnclavesSupport") == "supported",
            Number(type.Child("vCpuInfo")?.Text("defaultVCpus")),
            Math.Max(1, Number(type.Child("vCpuInfo")?.Text("defaultThreadsPerCore"))),
            Number(type.Child("memoryInfo")?.Text("sizeInMiB")));
    }

    /// <summary>The zones of the region where a type is to be had.</summary>
    public async Task<IReadOnlyList<string>> ListZonesAsync(
        InstanceType type, CancellationToken cancellationToken)
    {
        List<XElement> offerings = await AskAllAsync(
            () => Call("DescribeInstanceTypeOfferings").Add("LocationType", "availability-zone")
                .Filter("instance-type", type.Name),
            "instanceTypeOfferingSet",
            cancellationToken);
        return [.. offerings.Select(item => item.Require("location")).Order(StringComparer.Ordinal)];
    }

    private static int Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number : 0;
}
