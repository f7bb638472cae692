using System.Net;

namespace Sequencer.Iac.Tests;

/// <summary>An HTTP server of the loopback address, for stand-ins: one request after the other.
/// </summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    /// <param name="answer">Answers; the response is closed after it.</param>
    public LoopbackServer(Func<HttpListenerRequest, HttpListenerResponse, Task> answer)
    {
        Url = $"http://127.0.0.1:{FreePort.Find()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync(answer);
    }

    /// <summary>Where it is, with a slash at the end.</summary>
    public string Url { get; }

    /// <summary>Ends it; what went wrong in an answer is thrown here.</summary>
    public void Dispose()
    {
        _listener.Close();
        _serving.GetAwaiter().GetResult();
    }

    private async Task ServeAsync(Func<HttpListenerRequest, HttpListenerResponse, Task> answer)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            await answer(context.Request, context.Response);
            context.Response.Close();
        }
    }
}
