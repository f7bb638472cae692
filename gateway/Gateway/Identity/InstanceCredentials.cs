using Sequencer.InstanceMetadata;

namespace Sequencer.Gateway.Identity;

/// <summary>What AWS knows a caller by; lent to the enclave, which asks KMS with it.</summary>
/// <param name="AccessKeyId">Which key signs.</param>
/// <param name="SecretAccessKey">The key.</param>
/// <param name="SessionToken">Belongs to it; empty for one that does not expire.</param>
public sealed record AwsCredentials(
    string AccessKeyId, string SecretAccessKey, string SessionToken)
{
    /// <summary>Names the key id alone.</summary>
    public override string ToString() => AccessKeyId;
}

/// <summary>There are no credentials; the message is for the operator.</summary>
public sealed class CredentialsException(string message, Exception? inner = null)
    : Exception(message, inner);

/// <summary>
/// The gateway's AWS credentials: of the environment if it has any, else of the instance's role.
/// </summary>
/// <param name="variable">The environment.</param>
/// <param name="metadata">Where the instance's metadata service is.</param>
public sealed class InstanceCredentials(Func<string, string?> variable, Uri metadata)
{
    /// <summary>Those of this process, or of the instance that it runs on.</summary>
    public static InstanceCredentials OfProcess { get; } =
        new(Environment.GetEnvironmentVariable, InstanceRole.Service);

    /// <summary>Those of this moment: a role's change every few hours.</summary>
    /// <exception cref="CredentialsException">There are none.</exception>
    public async Task<AwsCredentials> FetchAsync(CancellationToken cancellationToken)
    {
        string id = variable("AWS_ACCESS_KEY_ID") ?? "";
        string secret = variable("AWS_SECRET_ACCESS_KEY") ?? "";
        if (id.Length > 0 && secret.Length > 0)
        {
            return new AwsCredentials(id, secret, variable("AWS_SESSION_TOKEN") ?? "");
        }
        try
        {
            RoleCredentials of = await new InstanceRole(metadata).FetchAsync(cancellationToken);
            return new AwsCredentials(of.AccessKeyId, of.SecretAccessKey, of.Token);
        }
        catch (RoleCredentialsException e)
        {
            throw new CredentialsException(
                "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and "
                + $"{e.Message}", e);
        }
    }
}
