using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sequencer.Bench.Peers;

/// <summary>The verb <c>ceiling</c>: an HTTP server that reads a body and answers.</summary>
internal static class Ceiling
{
    private const int AnswerMaxBytes = 1024 * 1024;

    /// <summary>Where to post for an answer of so many bytes.</summary>
    public static string Path(int answerBytes) =>
        string.Create(CultureInfo.InvariantCulture, $"/answers/{answerBytes}");

    /// <summary>Serves until the process is asked to end.</summary>
    public static async Task RunAsync(string url)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.Urls.Add(url);
        var answer = new byte[AnswerMaxBytes];
        answer.AsSpan().Fill((byte)'x');
        app.MapPost("/answers/{bytes:range(0,1048576)}", async (HttpContext context, int bytes) =>
        {
            PipeReader body = context.Request.BodyReader;
            while (true)
            {
                ReadResult read = await body.ReadAsync(context.RequestAborted);
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) break;
            }
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = bytes;
            await context.Response.BodyWriter.WriteAsync(
                answer.AsMemory(0, bytes), context.RequestAborted);
        });
        await app.RunAsync();
    }
}
