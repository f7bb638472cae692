using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>Writes records in the form that a caller asked for, as far as it is the caller's to
/// read.</summary>
internal static class EntryText
{
    /// <summary>Writes one record of a view.</summary>
    public static void Write(
        Utf8JsonWriter json, LogView view, ulong number, EntryForm form, in Digest reader) =>
        Write(json, view, Read(view, number, form), form, reader);

    /// <summary>Reads what a form shows of a record.</summary>
    public static StoredEntry Read(LogView view, ulong number, EntryForm form) =>
        form is EntryForm.WithPayload or EntryForm.CloudEvent
            ? view.ReadEntry(number)
            : new StoredEntry(view.ReadHead(number), default);

    /// <summary>Writes one record that was read for the form.</summary>
    public static void Write(
        Utf8JsonWriter json, LogView view, StoredEntry entry, EntryForm form, in Digest reader)
    {
        StoredHead head = entry.Head;
        bool hasPayload = form is EntryForm.WithPayload or EntryForm.CloudEvent
            && head.Status == PayloadStatus.Whole;
        StoredEntry? payload = hasPayload ? entry : null;
        if (form is EntryForm.CloudEvent or EntryForm.CloudEventWithoutData)
        {
            string source = CloudEventJson.SourceOf(view.Checkpoint.Span);
            CloudEventJson.Write(json, source, head, reader, payload);
        }
        else
        {
            EntryJsonView.Write(json, head, reader, payload);
        }
    }
}
