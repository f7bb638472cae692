using System.Net;
using System.Text;

namespace Sequencer.Iac.Tests.Aws;

/// <summary>Gives prepared answers, one for each request, and keeps the requests.</summary>
internal sealed class ScriptedNetwork(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
{
    public List<string> Bodies { get; } = [];

    public List<HttpRequestMessage> Requests { get; } = [];

    public static HttpResponseMessage Answer(int status, string body, DateTimeOffset? date = null)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        answer.Headers.Date = date;
        return answer;
    }

    public static HttpResponseMessage Fault(int status, string code, DateTimeOffset? date = null) =>
        Answer(
            status,
            $"<Response><Errors><Error><Code>{code}</Code><Message>because</Message></Error></Errors>"
            + "<RequestID>1</RequestID></Response>",
            date);

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        Bodies.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
        return answers[Math.Min(Requests.Count, answers.Length) - 1]();
    }
}
