namespace Sequencer.Client.Subscriptions;

/// <summary>One connection that brings events, until it breaks.</summary>
internal sealed class EventConnection : IDisposable
{
    private const int EventMaxBytes = 64 * 1024 * 1024;
    private const string MediaType = "text/event-stream";

    // Three heartbeats as gateways send them.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    private readonly HttpResponseMessage _response;
    private readonly ServerSentEvents _events;

    private EventConnection(HttpResponseMessage response, Stream body, TimeProvider time)
    {
        _response = response;
        _events = new ServerSentEvents(body, EventMaxBytes, Silence, time);
    }

    /// <summary>Asks for events; null if no gateway answers, or one that has to be asked again later.
    /// </summary>
    /// <exception cref="ProblemException">The gateway refuses.</exception>
    /// <exception cref="UnexpectedAnswerException">The answer is something else.</exception>
    public static async Task<EventConnection?> TryOpenAsync(
        GatewayTransport gateway, string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var request = GatewayRequest.Get(path, EventMaxBytes) with
        {
            Headers = [new("Accept", MediaType)],
        };
        HttpResponseMessage? response = await gateway.TryOpenAsync(request, cancellationToken);
        if (response is null) return null;
        if (response.Content.Headers.ContentType?.MediaType != MediaType)
        {
            response.Dispose();
            throw new UnexpectedAnswerException("The answer has no events.");
        }
        return new EventConnection(
            response, await response.Content.ReadAsStreamAsync(cancellationToken), time);
    }

    /// <summary>The next event; null where the connection ends or breaks.</summary>
    /// <exception cref="UnexpectedAnswerException">An event is too long.</exception>
    public async Task<ServerSentEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _events.ReadAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => _response.Dispose();
}
