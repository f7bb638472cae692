using System.Net;
using System.Text.Json;
using Sequencer.Iac.Settings;
using Sequencer.InstanceMetadata;

namespace Sequencer.Iac.Credentials;

/// <summary>
/// Access keys of a role, from where the program runs: a container (ECS, EKS), or an EC2 instance.
/// </summary>
internal sealed class MetadataCredentials(SettingValues settings)
{
    private const string TaskEndpoint = "http://169.254.170.2";
    private const int BytesMax = 64 * 1024;

    // What does not answer at once is not there: the addresses are of the same machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Plain http may carry a token no farther than the machine itself.
    private static readonly string[] TaskHosts = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

    /// <summary>The access key of a container's role; null where there is none.</summary>
    public async Task<AwsCredentials?> FindOfContainerAsync(CancellationToken cancellationToken)
    {
        string? relative = settings.Variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        string? full = settings.Variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        if (relative is null && full is null) return null;
        if (!Uri.TryCreate(
                relative is null ? full : TaskEndpoint + relative, UriKind.Absolute, out Uri? uri)
            || !IsAllowed(uri))
        {
            throw new CommandFailure(
                FailureCodes.NoCredentials,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine.",
                ExitCodes.Unusable);
        }
        using HttpClient http = Connect();
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        string? token = settings.Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") is { } file
            ? (await File.ReadAllTextAsync(file, cancellationToken)).Trim()
            : settings.Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", token);
        string? answer = await AskAsync(http, request, cancellationToken);
        return Parse(answer, "the container's role") ?? throw new CommandFailure(
            FailureCodes.NoCredentials, $"{uri} gave no access key for the container's role.",
            ExitCodes.Unusable);
    }

    /// <summary>The access key of an instance's role; null where this is no EC2 instance.</summary>
    /// <exception cref="CommandFailure">It is one, and gives none.</exception>
    public async Task<AwsCredentials?> FindOfInstanceAsync(CancellationToken cancellationToken)
    {
        string? disabled = settings.Variable("AWS_EC2_METADATA_DISABLED");
        if (string.Equals(disabled, "true", StringComparison.OrdinalIgnoreCase)) return null;
        try
        {
            RoleCredentials of = await new InstanceRole(InstanceService()).FetchAsync(
                cancellationToken);
            return new AwsCredentials(
                of.AccessKeyId, of.SecretAccessKey, of.Token, $"the instance's role {of.Role}");
        }
        catch (RoleCredentialsException e) when (e.Fault == RoleFault.NoService)
        {
            return null;
        }
        catch (RoleCredentialsException e)
        {
            throw new CommandFailure(
                FailureCodes.NoCredentials,
                $"No access key for AWS is named, and this EC2 instance gives none: {e.Message}. "
                + "Attach a role to it, or name the CSV file of an access key as cred_file.",
                ExitCodes.Unusable);
        }
    }

    private Uri InstanceService()
    {
        const string Name = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        if (settings.Variable(Name) is not { } text) return InstanceRole.Service;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new CommandFailure(
                FailureCodes.NoCredentials, $"{Name}: '{text}' is not an http or https address.",
                ExitCodes.Unusable);
    }

    private static HttpClient Connect() => new(
        new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = BytesMax,
    };

    private static bool IsAllowed(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttps
        || (uri.Scheme == Uri.UriSchemeHttp && (uri.IsLoopback || TaskHosts.Contains(uri.Host)));

    private static async Task<string?> AskAsync(
        HttpClient http, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
            return response.StatusCode == HttpStatusCode.OK
                ? await response.Content.ReadAsStringAsync(cancellationToken)
                : null;
        }
        catch (Exception e) when (e is HttpRequestException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static AwsCredentials? Parse(string? answer, string source)
    {
        if (answer is null) return null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(answer);
            string? Text(string name) =>
                json.RootElement.TryGetProperty(name, out JsonElement value)
                    ? value.GetString() : null;
            return Text("AccessKeyId") is { } id && Text("SecretAccessKey") is { } secret
                ? new AwsCredentials(id, secret, Text("Token"), source)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
