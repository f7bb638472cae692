using System.Buffers;
using System.IO.Pipelines;

namespace Sequencer.Gateway.Http;

/// <summary>Reads a body up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>The body, or a problem as soon as it is known to be above the limit.</summary>
    public static async Task<(byte[] Body, Problem? Problem)> ReadAsync(
        HttpRequest request, int limitBytes)
    {
        if (request.ContentLength > limitBytes) return ([], Problem.TooLarge(limitBytes));
        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(request.HttpContext.RequestAborted);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (buffer.Length > limitBytes)
            {
                reader.AdvanceTo(buffer.End);
                return ([], Problem.TooLarge(limitBytes));
            }
            if (read.IsCompleted)
            {
                byte[] body = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return (body, null);
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
