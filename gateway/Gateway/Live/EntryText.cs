using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
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
        // What travels beside a record is its tenant's alone.
        if (!IsOwn(head.Record.Span, reader))
        {
            (head, payload) = (new StoredHead(head.Record, head.Status, default, default), null);
        }
        Write(json, view, head, form, payload);
    }

    /// <summary>True for a record without a tenant, and an entry of the reader's own.</summary>
    public static bool IsOwn(ReadOnlySpan<byte> record, in Digest reader) =>
        !EntryRecord.TryParse(record, out EntryRecord entry) || entry.Tenant == reader;

    private static void Write(
        Utf8JsonWriter json,
        LogView view,
        StoredHead head,
        EntryForm form,
        ReadOnlyMemory<byte>? payload)
    {
        if (form is EntryForm.CloudEvent or EntryForm.CloudEventWithoutData)
        {
            CloudEventJson.Write(json, CloudEventJson.SourceOf(view.Checkpoint.Span), head, payload);
        }
        else
        {
            EntryJsonView.Write(json, head, payload);
        }
    }
}
