using System.Xml.Linq;

namespace Sequencer.Iac.Aws;

/// <summary>Whose access key it is, as STS tells; nobody needs a permission to ask that.</summary>
/// <param name="Arn">A user or a session, such as <c>arn:aws:iam::123456789012:user/me</c>.</param>
internal sealed record Caller(string Arn)
{
    private const string StsVersion = "2011-06-15";

    /// <summary>The account, by the ARN of its root.</summary>
    public string Account =>
        Arn.Split(':') is ["arn", var partition, _, _, { Length: > 0 } account, ..]
            ? $"arn:{partition}:iam::{account}:root"
            : throw new CommandFailure(
                FailureCodes.AwsError, $"STS names a caller in no account: '{Arn}'.");

    /// <summary>Asks.</summary>
    public static async Task<Caller> FindAsync(
        AwsConnection aws, CancellationToken cancellationToken)
    {
        XElement answer = await aws.QueryAsync(
            "sts", new QueryParameters(StsVersion, "GetCallerIdentity"), isRepeatable: true,
            cancellationToken);
        return new Caller(answer.Child("GetCallerIdentityResult")?.Text("Arn") ?? "unknown");
    }
}
