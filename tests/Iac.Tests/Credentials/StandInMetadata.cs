using System.Net;
using System.Text;

namespace Sequencer.Iac.Tests.Credentials;

/// <summary>
/// Answers as the metadata services of instances (by version 2 alone) and of containers do.
/// </summary>
internal sealed class StandInMetadata : IDisposable
{
    private const string RolesPath = "/latest/meta-data/iam/security-credentials/";

    private readonly LoopbackServer _server;

    public StandInMetadata() => _server = new LoopbackServer(AnswerAsync);

    public string Address => _server.Url;

    /// <summary>What it was asked: method, path, and the header that counts.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>What it answers to the request for a token.</summary>
    public (int Status, string Text) Token { get; set; } = (200, "token");

    /// <summary>What it answers to the question for the role's name.</summary>
    public (int Status, string Text) Roles { get; init; } = (200, "my-role");

    /// <summary>What it answers of a role.</summary>
    public (int Status, string Text) Role { get; init; } = (
        200, """{"Code":"Success","AccessKeyId":"R","SecretAccessKey":"r","Token":"t"}""");

    public void Dispose() => _server.Dispose();

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        string path = request.Url!.AbsolutePath;
        string? lifetime = request.Headers["X-aws-ec2-metadata-token-ttl-seconds"];
        string? token = request.Headers["X-aws-ec2-metadata-token"];
        string? shown = request.Headers["Authorization"] ?? token ?? lifetime;
        Requests.Add($"{request.HttpMethod} {path} {shown}");
        bool isOfInstance = path.StartsWith("/latest/", StringComparison.Ordinal);
        (int status, string text) = (request.HttpMethod, path) switch
        {
            ("PUT", "/latest/api/token") when lifetime is not null => Token,
            ("GET", RolesPath) when token == Token.Text => Roles,
            ("GET", _) when token == Token.Text || !isOfInstance => Role,
            _ => (401, ""),
        };
        response.StatusCode = status;
        // One byte for each character, so that what is no UTF-8 can be said.
        await response.OutputStream.WriteAsync(Encoding.Latin1.GetBytes(text));
    }
}
