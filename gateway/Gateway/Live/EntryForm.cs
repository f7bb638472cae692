namespace Sequencer.Gateway.Live;

/// <summary>How an entry is written.</summary>
internal enum EntryForm
{
    /// <summary>The object of docs/HTTP.md.</summary>
    Plain,

    /// <summary>The same with its payload.</summary>
    WithPayload,

    /// <summary>A CloudEvents 1.0 event.</summary>
    CloudEvent,

    /// <summary>The same without its data.</summary>
    CloudEventWithoutData,
}

/// <summary>The forms by what they have.</summary>
internal static class EntryForms
{
    /// <summary>The form with or without payload.</summary>
    public static EntryForm Of(bool isCloudEvent, bool hasPayload) =>
        (isCloudEvent, hasPayload) switch
        {
            (true, true) => EntryForm.CloudEvent,
            (true, false) => EntryForm.CloudEventWithoutData,
            (false, true) => EntryForm.WithPayload,
            (false, false) => EntryForm.Plain,
        };
}
