using System.Text;

namespace Sequencer.Witness.Http;

/// <summary>A short answer in text.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Text">The whole body.</param>
/// <param name="MediaType">Its type.</param>
internal sealed record Answer(
    int Status, string Text, string MediaType = Answer.PlainText)
{
    public const string PlainText = "text/plain; charset=utf-8";

    /// <summary>A refusal, in one sentence for people.</summary>
    public static Answer Refusal(int status, string sentence) => new(status, sentence + "\n");

    public Task WriteAsync(HttpResponse response)
    {
        byte[] body = Encoding.UTF8.GetBytes(Text);
        response.StatusCode = Status;
        response.ContentType = MediaType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, response.HttpContext.RequestAborted).AsTask();
    }
}
