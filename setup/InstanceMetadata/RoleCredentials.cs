namespace Sequencer.InstanceMetadata;

/// <summary>Temporary credentials of an instance's role, by the names that AWS gives them.</summary>
/// <param name="Role">Name of the role.</param>
/// <param name="AccessKeyId">Which key signs; no secret.</param>
/// <param name="SecretAccessKey">The key.</param>
/// <param name="Token">The session token that goes with it.</param>
public sealed record RoleCredentials(
    string Role, string AccessKeyId, string SecretAccessKey, string Token)
{
    /// <summary>Without the secrets: what is logged by mistake gives nothing away.</summary>
    public override string ToString() => $"{AccessKeyId} of {Role}";
}
