using System.Text.Json;

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
/// The gateway's AWS credentials: of the environment if it has any, else of the instance's role,
/// by the instance metadata service (version 2, which asks for a token first).
/// </summary>
/// <param name="variable">The environment.</param>
/// <param name="metadata">Where the metadata service is.</param>
public sealed class InstanceCredentials(Func<string, string?> variable, Uri metadata)
{
    /// <summary>Where EC2 has it.</summary>
    public static readonly Uri MetadataService = new("http://169.254.169.254");

    /// <summary>Those of this process, or of the instance that it runs on.</summary>
    public static InstanceCredentials OfProcess { get; } =
        new(Environment.GetEnvironmentVariable, MetadataService);

    private const string RolePath = "/latest/meta-data/iam/security-credentials/";
    private const string TokenHeader = "X-aws-ec2-metadata-token";
    private const int AnswerMaxBytes = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

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
        using var http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = metadata,
            Timeout = Patience,
            MaxResponseContentBufferSize = AnswerMaxBytes,
        };
        try
        {
            return await FetchOfRoleAsync(http, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CredentialsException(
                "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and "
                + $"the instance's role gives none: {e.Message}", e);
        }
    }

    private static async Task<AwsCredentials> FetchOfRoleAsync(
        HttpClient http, CancellationToken cancellationToken)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Put, "/latest/api/token");
        ask.Headers.Add("X-aws-ec2-metadata-token-ttl-seconds", "60");
        using HttpResponseMessage answer = await http.SendAsync(ask, cancellationToken);
        answer.EnsureSuccessStatusCode();
        http.DefaultRequestHeaders.Add(
            TokenHeader, await answer.Content.ReadAsStringAsync(cancellationToken));
        string roles = await http.GetStringAsync(RolePath, cancellationToken);
        string role = Uri.EscapeDataString(roles.Split('\n')[0].Trim());
        string text = await http.GetStringAsync(RolePath + role, cancellationToken);
        using JsonDocument document = JsonDocument.Parse(text);
        return new AwsCredentials(
            Member(document, "AccessKeyId"),
            Member(document, "SecretAccessKey"),
            Member(document, "Token"));
    }

    private static string Member(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object
        && document.RootElement.TryGetProperty(name, out JsonElement member)
        && member.ValueKind == JsonValueKind.String
            ? member.GetString()!
            : throw new JsonException($"its credentials have no {name}");
}
