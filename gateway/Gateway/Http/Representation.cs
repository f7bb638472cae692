namespace Sequencer.Gateway.Http;

/// <summary>Forms of a range, chosen by <c>Accept</c>.</summary>
internal enum Representation
{
    /// <summary>A page as one JSON object.</summary>
    Page,

    /// <summary>A JSON object a line.</summary>
    Lines,

    /// <summary>Server-sent events, which go on as the log grows.</summary>
    Events,

    /// <summary>CloudEvents: an array of them, or one.</summary>
    CloudEvents,
}

/// <summary>Reads <c>Accept</c>.</summary>
internal static class Representations
{
    /// <summary>Media type of server-sent events.</summary>
    public const string EventsMediaType = "text/event-stream";

    /// <summary>
    /// The first form in the caller's list that is known here; a page if there is none, since a caller
    /// who cannot read JSON can read nothing else here.
    /// </summary>
    public static Representation Of(HttpRequest request)
    {
        foreach (string item in request.Headers.Accept.ToString().Split(','))
        {
            string mediaType = item.Split(';', 2)[0].Trim();
            if (Is(mediaType, JsonBody.MediaType)) return Representation.Page;
            if (Is(mediaType, BatchBody.LinesMediaType)) return Representation.Lines;
            if (Is(mediaType, EventsMediaType)) return Representation.Events;
            if (Is(mediaType, CloudEventJson.MediaType)
                || Is(mediaType, CloudEventJson.BatchMediaType))
            {
                return Representation.CloudEvents;
            }
        }
        return Representation.Page;
    }

    private static bool Is(string mediaType, string known) =>
        mediaType.Equals(known, StringComparison.OrdinalIgnoreCase);
}
