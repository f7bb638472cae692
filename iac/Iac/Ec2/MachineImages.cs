using System.Text.Json;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Ec2;

/// <summary>Finds the newest Amazon Linux 2023.</summary>
internal static class MachineImages
{
    private const string ParameterPrefix =
        "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-";

    /// <summary>
    /// The id that AWS publishes for a processor, as a public parameter. Who may not read those is
    /// given the newest of Amazon's own images by name.
    /// </summary>
    /// <param name="aws">Account and region.</param>
    /// <param name="architecture"><c>x86_64</c> or <c>arm64</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Id of the image; null if the region has none.</returns>
    public static async Task<string?> FindNewestAsync(
        AwsConnection aws, string architecture, CancellationToken cancellationToken)
    {
        try
        {
            JsonElement value = await aws.AskJsonAsync(
                "ssm", "AmazonSSM.GetParameter",
                new Dictionary<string, string> { ["Name"] = ParameterPrefix + architecture },
                "Parameter", JsonValueKind.String, cancellationToken);
            return value.GetString();
        }
        catch (AwsFault fault) when (FaultCodes.IsDenied(fault))
        {
            return await new Ec2Client(aws).FindAmazonLinuxAsync(architecture, cancellationToken);
        }
        catch (AwsFault fault) when (fault.Code == "ParameterNotFound")
        {
            return null;
        }
    }
}
