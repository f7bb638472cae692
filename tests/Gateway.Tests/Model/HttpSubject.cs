using System.Net;
using System.Net.Http.Headers;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>A whole gateway and enclave, over HTTP: what is sent at once comes in any order.
/// </summary>
internal sealed class HttpSubject : ISubject
{
    private readonly LogConfiguration _configuration;
    private readonly TestGateway _gateway = new();
    private TestEnclave? _enclave;

    private HttpSubject(LogConfiguration configuration) => _configuration = configuration;

    public bool KeepsOrder => false;

    /// <summary>A log that takes entries.</summary>
    public static async Task<HttpSubject> StartAsync(LogConfiguration configuration)
    {
        var subject = new HttpSubject(configuration);
        await subject.StartGatewayAsync();
        subject._enclave = new TestEnclave(subject._gateway.SocketPath);
        await subject._gateway.WaitForReadinessAsync();
        return subject;
    }

    public Task<string[]> SendAsync(Post[] posts) => Task.WhenAll(posts.Select(SendAsync));

    public Task<string[]> SendAndLoseAsync(Post[] posts) =>
        throw new InvalidOperationException("Nobody can say when it ends.");

    public async Task<string> ReadAsync(Step step, int size)
    {
        // What was only sequenced is on its way to the disk.
        await _gateway.WaitForSizeAsync(size);
        (string path, string query) = HttpForm.Of(step);
        using HttpResponseMessage response = await _gateway.Http.GetAsync(path + query);
        return AnswerText.OfRead(
            (int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task RestartGatewayAsync()
    {
        await _gateway.StopAsync();
        await StartGatewayAsync();
        await _gateway.WaitForReadinessAsync();
    }

    public async Task RestartEnclaveAsync()
    {
        await _enclave!.DisposeAsync();
        await _gateway.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    /// <summary>Audits the log, all of it.</summary>
    public Task AuditAsync() => _gateway.AuditAsync();

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        if (_enclave is not null) await _enclave.DisposeAsync();
    }

    private Task StartGatewayAsync() =>
        _gateway.StartAgainAsync(settings => settings with { Log = _configuration });

    private async Task<string> SendAsync(Post post)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, HttpForm.PathOf(post) + HttpForm.QueryOf(post));
        request.Content = new ByteArrayContent(HttpForm.BodyOf(post));
        request.Content.Headers.ContentType =
            new MediaTypeHeaderValue(HttpForm.ContentTypeOf(post));
        foreach ((string name, string value) in HttpForm.HeadersOf(post))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using HttpResponseMessage response = await _gateway.Http.SendAsync(request);
        return AnswerText.OfAppend(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.TryGetValues("Idempotent-Replayed", out var replayed)
                ? replayed.Single()
                : null,
            response.Headers.Location?.ToString(),
            response.Headers.ETag?.ToString());
    }
}
