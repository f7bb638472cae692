using System.Net;
using System.Text;

namespace Sequencer.InstanceMetadata;

/// <summary>
/// The role of the EC2 instance that this program runs on, by version 2 of the instance metadata
/// service alone: a token first, which every other request carries (EC2 User Guide, "Use the
/// Instance Metadata Service" and "Retrieve security credentials from instance metadata").
/// </summary>
/// <param name="service">Where the service is.</param>
public sealed class InstanceRole(Uri service)
{
    /// <summary>Where EC2 has the service; link-local, so that nothing else can be there.</summary>
    public static readonly Uri Service = new("http://169.254.169.254");

    private const string TokenPath = "/latest/api/token";
    private const string RolesPath = "/latest/meta-data/iam/security-credentials/";
    private const string TokenHeader = "X-aws-ec2-metadata-token";
    private const string LifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds";

    // As long as one token is used for.
    private const string LifetimeSeconds = "60";
    private const int AnswerBytesMax = 64 * 1024;

    // For each request. What does not answer at once is not there: the service is the machine's own.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The credentials of this moment; EC2 makes new ones every few hours.</summary>
    /// <exception cref="RoleCredentialsException">There are none.</exception>
    public async Task<RoleCredentials> FetchAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(
            new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = Patience,
            MaxResponseContentBufferSize = AnswerBytesMax,
        };
        string token = await FetchTokenAsync(http, cancellationToken);
        (HttpStatusCode status, byte[] list) = await SendAsync(
            http, HttpMethod.Get, RolesPath, TokenHeader, token, RoleFault.NoCredentials,
            cancellationToken);
        string role = Encoding.UTF8.GetString(list).Split('\n')[0].Trim();
        if (status == HttpStatusCode.NotFound || (status == HttpStatusCode.OK && role.Length == 0))
        {
            throw new RoleCredentialsException(RoleFault.NoCredentials, "the instance has no role");
        }
        if (status != HttpStatusCode.OK) throw Refused(RoleFault.NoCredentials, RolesPath, status);

        string path = RolesPath + Uri.EscapeDataString(role);
        (status, byte[] answer) = await SendAsync(
            http, HttpMethod.Get, path, TokenHeader, token, RoleFault.NoCredentials,
            cancellationToken);
        return status == HttpStatusCode.OK
            ? RoleAnswer.Read(role, answer)
            : throw Refused(RoleFault.NoCredentials, path, status);
    }

    private async Task<string> FetchTokenAsync(
        HttpClient http, CancellationToken cancellationToken)
    {
        (HttpStatusCode status, byte[] answer) = await SendAsync(
            http, HttpMethod.Put, TokenPath, LifetimeHeader, LifetimeSeconds,
            RoleFault.NoService, cancellationToken);
        if (status != HttpStatusCode.OK) throw Refused(RoleFault.NoService, TokenPath, status);
        string token = Encoding.UTF8.GetString(answer).Trim();
        // It becomes a header, which has nothing else in it.
        return token.Length > 0 && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new RoleCredentialsException(
                RoleFault.NoService, "the metadata service gives no token that could be one");
    }

    private async Task<(HttpStatusCode Status, byte[] Answer)> SendAsync(
        HttpClient http,
        HttpMethod method,
        string path,
        string header,
        string value,
        RoleFault fault,
        CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(service, path));
        request.Headers.Add(header, value);
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
            return (
                response.StatusCode,
                await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RoleCredentialsException(
                fault,
                $"the metadata service does not answer within {Patience.TotalSeconds:0} seconds", e);
        }
        catch (HttpRequestException e)
        {
            throw new RoleCredentialsException(
                fault, $"the metadata service does not answer: {e.Message}", e);
        }
    }

    private static RoleCredentialsException Refused(
        RoleFault fault, string path, HttpStatusCode status) =>
        new(fault, $"the metadata service answers {(int)status} to {path}");
}
