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
        Utf8JsonWriter json, LogView view, ulong number, EntryForm form, in Digest reader)
    {
        StoredHead head;
        ReadOnlyMemory<byte>? payload = null;
        if (form is EntryForm.WithPayload or EntryForm.CloudEvent)
        {
            StoredEntry entry = view.ReadEntry(number);
            head = entry.Head;
            if (entry.Status == PayloadStatus.Whole) payload = entry.Payload;
        }
        else
        {
            head = view.ReadHead(number);
        }
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
