namespace Sequencer.Gateway.Tests.OpenApi;

/// <summary>Holds every answer that a test gets against docs/openapi.json.</summary>
internal sealed class DocumentedAnswers() : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
        // What goes on without end is for the test itself to read.
        bool isStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        if (isStream) return answer;
        await answer.Content.LoadIntoBufferAsync(cancellationToken);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        string? fault = OpenApiDocument.CheckedIn.FindFault(
            request.Method, request.RequestUri!, answer, body);
        return fault is null ? answer : throw new InvalidOperationException(fault);
    }
}
