namespace Sequencer.Iac.Credentials;

/// <summary>An access key of AWS.</summary>
/// <param name="AccessKey">Its id, which is no secret.</param>
/// <param name="SecretKey">Its secret.</param>
/// <param name="SessionToken">For a temporary one; else null.</param>
/// <param name="Source">Where it was found, for people.</param>
internal sealed record AwsCredentials(
    string AccessKey, string SecretKey, string? SessionToken, string Source)
{
    /// <summary>Without the secrets: what is logged by mistake gives nothing away.</summary>
    public override string ToString() => $"{AccessKey} from {Source}";
}
