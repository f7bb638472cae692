using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>An image to make an instance from.</summary>
/// <param name="Id">Id, <c>ami-…</c>.</param>
/// <param name="Name">Name.</param>
/// <param name="Architecture">Processor that it is for.</param>
/// <param name="RootDevice">Name of its disk, such as <c>/dev/xvda</c>.</param>
internal sealed record MachineImage(
    string Id, string Name, string Architecture, string RootDevice);

internal sealed partial class Ec2Client
{
    /// <summary>An image; null if there is none of the id.</summary>
    public async Task<MachineImage?> FindImageAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            XElement answer = await AskAsync(
                Call("DescribeImages").Add("ImageId.1", id), cancellationToken);
            return answer.Items("imagesSet").Select(ImageOf).FirstOrDefault();
        }
        catch (AwsFault fault)
            when (fault.Code.StartsWith("InvalidAMIID", StringComparison.Ordinal))
        {
            return null;
        }
    }

    /// <summary>Id of the newest image that Amazon made of its Linux 2023.</summary>
    public async Task<string?> FindAmazonLinuxAsync(
        string architecture, CancellationToken cancellationToken)
    {
        XElement answer = await AskAsync(
            Call("DescribeImages").Add("Owner.1", "amazon")
                .Filter("name", $"al2023-ami-2023.*-kernel-6.1-{architecture}")
                .Filter("state", "available"),
            cancellationToken);
        // Dates of one form, so that their order is that of their text.
        return answer.Items("imagesSet")
            .OrderByDescending(item => item.Text("creationDate"), StringComparer.Ordinal)
            .FirstOrDefault()?.Require("imageId");
    }

    private static MachineImage ImageOf(XElement item) => new(
        item.Require("imageId"), item.Text("name") ?? "", item.Text("architecture") ?? "",
        item.Text("rootDeviceName") ?? "/dev/xvda");
}
