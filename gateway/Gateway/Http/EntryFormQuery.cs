using Sequencer.Gateway.Live;

namespace Sequencer.Gateway.Http;

/// <summary>Reads in which form a caller wants entries.</summary>
internal static class EntryFormQuery
{
    /// <summary>Reads <c>payload=true|false</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isCloudEvent">Whether CloudEvents were asked for.</param>
    /// <param name="hasPayload">What counts where nothing is said.</param>
    /// <param name="form">The form.</param>
    public static Problem? TryRead(
        HttpRequest request, bool isCloudEvent, bool hasPayload, out EntryForm form)
    {
        string? payload = request.Query["payload"];
        if (payload is not null) hasPayload = payload == "true";
        form = (isCloudEvent, hasPayload) switch
        {
            (true, true) => EntryForm.CloudEvent,
            (true, false) => EntryForm.CloudEventWithoutData,
            (false, true) => EntryForm.WithPayload,
            (false, false) => EntryForm.Plain,
        };
        return payload is null or "true" or "false"
            ? null
            : Problem.Invalid("payload", "true or false.");
    }
}
