using System.Net;

namespace Sequencer.Iac.Tests.Moto;

/// <summary>
/// Stands before the server, and loses what it is told to: an answer, or also the request.
/// </summary>
internal sealed class LosingProxy : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new();
    private readonly Uri _server;
    private readonly string _action;
    private readonly bool _doesIt;
    private readonly bool _fails;
    private int _answered;
    private readonly TaskCompletionSource _lost = new();
    private readonly CancellationTokenSource _over = new();

    /// <param name="server">What it stands before.</param>
    /// <param name="action">The call that is never answered.</param>
    /// <param name="doesIt">Whether the server gets that call.</param>
    /// <param name="answered">How many of these calls are answered before that.</param>
    /// <param name="fails">Whether there is an answer: that the server failed (500).</param>
    public LosingProxy(
        Uri server, string action, bool doesIt, int answered = 0, bool fails = false)
    {
        _fails = fails;
        _answered = answered;
        _server = server;
        _action = action;
        _doesIt = doesIt;
        Address = $"http://127.0.0.1:{FreePort.Find()}/";
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _ = ServeAsync();
    }

    public string Address { get; }

    /// <summary>Ends when the call is there, and done if it is done at all.</summary>
    public Task Lost => _lost.Task;

    public void Dispose()
    {
        _over.Cancel();
        _listener.Close();
        _http.Dispose();
        _over.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = AnswerAsync(context);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var copy = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(copy);
        bool isLost = System.Text.Encoding.UTF8.GetString(copy.ToArray())
            .Contains($"Action={_action}&", StringComparison.Ordinal)
            && Interlocked.Decrement(ref _answered) < 0;
        HttpResponseMessage? answer = isLost && !_doesIt
            ? null : await ForwardAsync(context.Request, copy.ToArray());
        if (isLost)
        {
            _lost.TrySetResult();
            if (!_fails) return;
            context.Response.StatusCode = (int)HttpStatusCode.InternalServerError;
            context.Response.Close();
            return;
        }
        context.Response.StatusCode = (int)answer!.StatusCode;
        context.Response.Close(await answer.Content.ReadAsByteArrayAsync(), willBlock: true);
    }

    private async Task<HttpResponseMessage> ForwardAsync(HttpListenerRequest request, byte[] body)
    {
        using var copy = new HttpRequestMessage(
            new HttpMethod(request.HttpMethod), new Uri(_server, request.RawUrl))
        {
            Content = new ByteArrayContent(body),
        };
        foreach (string name in request.Headers.AllKeys!)
        {
            if (name is "Host" or "Content-Length") continue;
            if (!copy.Headers.TryAddWithoutValidation(name, request.Headers[name]))
            {
                copy.Content.Headers.TryAddWithoutValidation(name, request.Headers[name]);
            }
        }
        return await _http.SendAsync(copy, _over.Token);
    }
}
