using System.Net;
using System.Net.Http.Headers;

namespace Sequencer.Client;

/// <summary>
/// Sends requests and reads answers within bounds, again where that is safe. All that a network or
/// a gateway can do wrong leaves here as a <see cref="SequencerException"/>.
/// </summary>
internal sealed class GatewayTransport
{
    /// <summary>Times that a repeatable request is sent at most.</summary>
    public const int AttemptsMax = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly Uri _root;
    private readonly TimeProvider _time;

    /// <exception cref="ArgumentException">The client has no base address.</exception>
    public GatewayTransport(HttpClient http, TimeProvider? time)
    {
        ArgumentNullException.ThrowIfNull(http);
        Uri root = http.BaseAddress
            ?? throw new ArgumentException("Its BaseAddress is the gateway's.", nameof(http));
        // Without the slash the last part of a path would be replaced and not extended.
        _root = root.AbsolutePath.EndsWith('/') ? root : new Uri(root.AbsoluteUri + "/");
        _http = http;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Sends a request.</summary>
    /// <exception cref="ProblemException">The gateway refused it.</exception>
    /// <exception cref="GatewayUnreachableException">No whole answer came.</exception>
    /// <exception cref="UnexpectedAnswerException">The answer is too long.</exception>
    public async Task<GatewayAnswer> SendAsync(
        GatewayRequest request, CancellationToken cancellationToken)
    {
        int attemptsMax = request.IsRepeatable ? AttemptsMax : 1;
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++)
        {
            (GatewayAnswer? answer, SequencerException? failure, TimeSpan? wish) =
                await TrySendAsync(request, cancellationToken);
            if (answer is not null) return answer;
            // A problem that names no time to come back is one that waiting does not cure.
            bool isPassing = failure is GatewayUnreachableException || wish is not null;
            if (attempt == attemptsMax || !isPassing || wish > PauseMax) throw failure!;
            await Task.Delay(wish ?? pause, _time, cancellationToken);
            pause *= 2;
        }
    }

    /// <summary>
    /// Sends a request whose answer goes on and on, once; null if no answer came, or one to come back
    /// later.
    /// </summary>
    /// <exception cref="ProblemException">The gateway refused it.</exception>
    public async Task<HttpResponseMessage?> TryOpenAsync(
        GatewayRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using HttpRequestMessage message = request.ToMessage(new Uri(_root, request.Path));
            HttpResponseMessage response = await _http.SendAsync(
                message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                bool isPassing = (int)response.StatusCode >= 500
                    || response.StatusCode == HttpStatusCode.TooManyRequests;
                return isPassing
                    ? null
                    : throw new ProblemException(
                        await ProblemJson.ReadAsync(response, cancellationToken));
            }
        }
        catch (Exception e) when (IsNetworkFailure(e) && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<(GatewayAnswer?, SequencerException?, TimeSpan? Wish)> TrySendAsync(
        GatewayRequest request, CancellationToken cancellationToken)
    {
        var url = new Uri(_root, request.Path);
        try
        {
            using HttpRequestMessage message = request.ToMessage(url);
            using HttpResponseMessage response = await _http.SendAsync(
                message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode
                || (request.MayBeAbsent && response.StatusCode == HttpStatusCode.NotFound))
            {
                byte[] body = response.IsSuccessStatusCode
                    ? await BoundedBody.ReadAsync(
                        response.Content, request.AnswerMaxBytes, cancellationToken)
                    : [];
                return (new(response.StatusCode, response.Headers, body), null, null);
            }
            GatewayProblem problem = await ProblemJson.ReadAsync(response, cancellationToken);
            return (null, new ProblemException(problem), Wish(response.Headers.RetryAfter));
        }
        catch (Exception e) when (IsNetworkFailure(e) && !cancellationToken.IsCancellationRequested)
        {
            return (null, new GatewayUnreachableException(url, e), null);
        }
    }

    // A cancellation that nobody asked for is the client's own time limit.
    private static bool IsNetworkFailure(Exception e) =>
        e is HttpRequestException or IOException or OperationCanceledException;

    private TimeSpan? Wish(RetryConditionHeaderValue? header)
    {
        TimeSpan? wish = header?.Delta ?? header?.Date - _time.GetUtcNow();
        return wish < TimeSpan.Zero ? TimeSpan.Zero : wish;
    }
}
