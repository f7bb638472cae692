using System.Net;
using System.Text;

namespace Sequencer.Iac.Tests.Stack;

/// <summary>
/// Answers the questions that are asked before a stack is made: types, zones, subnets, images.
/// </summary>
internal sealed class StandInAws : IDisposable
{
    private readonly LoopbackServer _server;

    public StandInAws() => _server = new LoopbackServer(async (request, response) =>
    {
        using var reader = new StreamReader(request.InputStream);
        string body = await reader.ReadToEndAsync();
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(Answer(request, body)));
    });

    public string Url => _server.Url.TrimEnd('/');

    /// <summary>The newest Amazon Linux.</summary>
    public string NewestImage { get; set; } = "ami-0000000000000000a";

    public string Architecture { get; set; } = "x86_64";

    public void Dispose() => _server.Dispose();

    private string Answer(HttpListenerRequest request, string body)
    {
        if (request.Headers["x-amz-target"] is not null)
        {
            return $$$"""{"Parameter": {"Value": "{{{NewestImage}}}"}}""";
        }
        Dictionary<string, string> parameters = body.Split('&').Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => WebUtility.UrlDecode(pair[1]));
        return parameters["Action"] switch
        {
            "DescribeInstanceTypes" =>
                "<r><instanceTypeSet><item><instanceType>m6i.xlarge</instanceType>"
                + "<processorInfo><supportedArchitectures>"
                + $"<item>{Architecture}</item></supportedArchitectures></processorInfo>"
                + "<nitroEnclavesSupport>supported</nitroEnclavesSupport>"
                + "<vCpuInfo><defaultVCpus>4</defaultVCpus>"
                + "<defaultThreadsPerCore>2</defaultThreadsPerCore></vCpuInfo>"
                + "<memoryInfo><sizeInMiB>16384</sizeInMiB></memoryInfo>"
                + "</item></instanceTypeSet></r>",
            "DescribeInstanceTypeOfferings" =>
                "<r><instanceTypeOfferingSet><item><location>eu-central-1a</location></item>"
                + "</instanceTypeOfferingSet></r>",
            "DescribeSubnets" =>
                "<r><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>"
                + "<availabilityZone>eu-central-1a</availabilityZone></item></subnetSet></r>",
            "DescribeImages" =>
                $"<r><imagesSet><item><imageId>{parameters["ImageId.1"]}</imageId>"
                + $"<architecture>{Architecture}</architecture></item></imagesSet></r>",
            string action => throw new InvalidOperationException($"{action} was not expected"),
        };
    }
}
