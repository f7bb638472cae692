using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>
/// Records as server-sent events. Those of the newest are kept, so that many subscribers share one
/// reading and one writing of the text; two who miss the same event both make it.
/// </summary>
internal static class EntryEvents
{
    /// <summary>Writes the event of a record, as its reader may see it.</summary>
    public static void Write(
        IBufferWriter<byte> destination,
        LogView view,
        ulong number,
        EntryForm form,
        in Digest reader)
    {
        if (view.Texts.TryWrite(number, (int)form, reader, destination)) return;
        StoredEntry stored = EntryText.Read(view, number, form);
        ReadOnlySpan<byte> text = Make(view, number, stored, form, reader);
        destination.Write(text);
        Digest? tenant = EntryRecord.TryParse(stored.Head.Record.Span, out EntryRecord entry)
            ? entry.Tenant
            : null;
        // What is shown of an entry of another tenant is never kept: it would push out what its own
        // tenant shares.
        if (tenant is not null && tenant != reader) return;
        view.Texts.Keep(
            number, (int)form, tenant ?? Digest.Zero, stored.Head.Tombstone, text);
    }

    private static ReadOnlySpan<byte> Make(
        LogView view, ulong number, StoredEntry stored, EntryForm form, in Digest reader)
    {
        var text = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(text, JsonBody.WriterOptions);
        if (!RecordHeader.TryRead(stored.Head.Record.Span, out RecordHeader header))
        {
            throw new StoreDamagedException("log", "a record that is none.");
        }
        text.Write(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"id: {number}\nevent: {EntryJsonView.KindOf(header.Type)}\ndata: ")));
        EntryText.Write(json, view, stored, form, reader);
        json.Flush();
        text.Write("\n\n"u8);
        return text.WrittenSpan;
    }
}
