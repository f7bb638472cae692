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
