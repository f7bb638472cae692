using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Net.Http.Headers;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>Reads a body up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>Whether a request's body is of a media type, whatever its parameters.</summary>
    public static bool IsOf(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed)
        && parsed.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The body, or a problem as soon as it is known to be above the limit, or to be more than there
    /// is room for, or than its tenant may send.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="limitBytes">Longest body.</param>
    /// <param name="room">Grown to what was read.</param>
    public static async Task<(byte[] Body, Problem? Problem)> ReadAsync(
        HttpRequest request, int limitBytes, ByteReservation room)
    {
        if (request.ContentLength > limitBytes) return ([], Problem.TooLarge(limitBytes));
        if (ByteAllowance.Judge(request.HttpContext) is { } limited) return ([], limited);
        // A length is only a claim: room is taken for the bytes that came, or a caller could keep
        // others out by announcing much and sending little.
        if (!room.CanGrowTo(request.ContentLength ?? 0))
        {
            return ([], Problem.Of(AppendFailure.Overloaded));
        }
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
            if (!room.TryGrowTo(buffer.Length))
            {
                reader.AdvanceTo(buffer.End);
                return ([], Problem.Of(AppendFailure.Overloaded));
            }
            if (read.IsCompleted)
            {
                byte[] body = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                Problem? used = ByteAllowance.Take(request.HttpContext, body.Length);
                return used is null ? (body, null) : ([], used);
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
