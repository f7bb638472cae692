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
/// reading from the disk and one writing of the text.
/// </summary>
/// <remarks>
/// For any number of threads, without locks: two who miss the same event both make it. Holds at most
/// <see cref="Kept"/> events of at most <see cref="KeptMaxBytes"/> for each form.
/// </remarks>
internal sealed class RecentEvents
{
    /// <summary>Events that are kept in each form; a power of two.</summary>
    public const int Kept = 4096;

    /// <summary>Longest event that is kept, in bytes.</summary>
    public const int KeptMaxBytes = 4096;

    private static readonly int Forms = Enum.GetValues<EntryForm>().Length;

    private readonly Event?[]?[] _kept = new Event?[]?[Forms];
    private volatile Head? _newest;

    /// <summary>The event of a record, as its reader may see it.</summary>
    public ReadOnlyMemory<byte> Of(LogView view, ulong number, EntryForm form, in Digest reader)
    {
        Event?[] kept = Volatile.Read(ref _kept[(int)form]) ?? Open(form);
        ref Event? slot = ref kept[number & (Kept - 1)];
        Event? known = Volatile.Read(ref slot);
        // What was erased since is made anew, without its payload.
        if (known is not null && known.Number == number && (known.Tenant ?? reader) == reader
            && known.Tombstone == view.TombstoneOf(number))
        {
            return known.Bytes;
        }
        Event made = Make(view, number, form, reader);
        // One who reads another tenant's entries must not push out what its own tenant shares, and
        // one who catches up not what is new.
        bool isOwn = (made.Tenant ?? reader) == reader;
        if (isOwn && made.Bytes.Length <= KeptMaxBytes && number + Kept >= view.Size)
        {
            Volatile.Write(ref slot, made);
            // Erased while it was made: Forget may have come before it was there.
            if (view.TombstoneOf(number) != made.Tombstone) Forget(number);
        }
        return made.Bytes;
    }

    /// <summary>Keeps nothing of a record any more, whose payload was erased. Nobody would get it
    /// from here; but it would be in memory until a later record takes its place.</summary>
    public void Forget(ulong number)
    {
        for (int form = 0; form < Forms; form++)
        {
            if (Volatile.Read(ref _kept[form]) is not { } kept) continue;
            ref Event? slot = ref kept[number & (Kept - 1)];
            Event? known = Volatile.Read(ref slot);
            if (known?.Number == number) Interlocked.CompareExchange(ref slot, null, known);
        }
    }

    /// <summary>The event of a view's checkpoint.</summary>
    /// <param name="view">The view.</param>
    /// <param name="name">Name of the event.</param>
    public ReadOnlyMemory<byte> OfCheckpoint(LogView view, string name)
    {
        Head? newest = _newest;
        if (newest is not null && ReferenceEquals(newest.View, view)) return newest.Bytes;
        var made = new Head(view, MakeCheckpoint(view, name));
        _newest = made;
        return made.Bytes;
    }

    private static Event Make(LogView view, ulong number, EntryForm form, in Digest reader)
    {
        var text = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(text, JsonBody.WriterOptions);
        StoredEntry stored = EntryText.Read(view, number, form);
        ReadOnlySpan<byte> record = stored.Head.Record.Span;
        if (!RecordHeader.TryRead(record, out RecordHeader header))
        {
            throw new StoreDamagedException("log", "a record that is none.");
        }
        text.Write(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"id: {number}\nevent: {EntryJsonView.KindOf(header.Type)}\ndata: ")));
        EntryText.Write(json, view, stored, form, reader);
        json.Flush();
        text.Write("\n\n"u8);
        Digest? tenant = EntryRecord.TryParse(record, out EntryRecord entry) ? entry.Tenant : null;
        return new Event(number, tenant, stored.Head.Tombstone, text.WrittenSpan.ToArray());
    }

    private static byte[] MakeCheckpoint(LogView view, string name)
    {
        var text = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(text, JsonBody.WriterOptions);
        text.Write(Encoding.ASCII.GetBytes($"event: {name}\ndata: "));
        json.WriteStartObject();
        json.WriteNumber("size", view.Size);
        json.WriteString("checkpoint", view.Checkpoint.Span);
        json.WriteEndObject();
        json.Flush();
        text.Write("\n\n"u8);
        return text.WrittenSpan.ToArray();
    }

    private Event?[] Open(EntryForm form) =>
        Interlocked.CompareExchange(ref _kept[(int)form], new Event?[Kept], null)
        ?? _kept[(int)form]!;

    // What is shown of an entry of another tenant is never kept, so whoever is of its tenant may have
    // it; null for a record that is everybody's.
    private sealed record Event(ulong Number, Digest? Tenant, ulong? Tombstone, byte[] Bytes);

    private sealed record Head(LogView View, byte[] Bytes);
}
