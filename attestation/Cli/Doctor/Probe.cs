using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Sequencer.Cli.Doctor;

/// <summary>An answer of the gateway, whatever its status.</summary>
/// <param name="Status">Status.</param>
/// <param name="Headers">Headers.</param>
/// <param name="Body">Body, as text.</param>
internal sealed record ProbeAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, string Body)
{
    public bool IsGood => (int)Status is >= 200 and < 300;
}

/// <summary>Asks a gateway once, and takes any answer for one.</summary>
internal sealed class Probe(HttpClient http)
{
    private const int BodyMaxBytes = 4 * 1024 * 1024;

    /// <summary>An answer; or why there is none.</summary>
    public async Task<(ProbeAnswer? Answer, string Fault)> GetAsync(
        string path, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync(
                path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var bytes = new byte[64 * 1024];
            using var text = new MemoryStream();
            for (int read; (read = await body.ReadAsync(bytes, cancellationToken)) > 0;)
            {
                text.Write(bytes, 0, read);
                if (text.Length > BodyMaxBytes) return (null, "the answer is too long");
            }
            return (
                new ProbeAnswer(
                    response.StatusCode, response.Headers, Encoding.UTF8.GetString(text.ToArray())),
                "");
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (null, e.InnerException?.Message ?? e.Message);
        }
    }
}
