using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Sequencer.Attestation.Log;
using Sequencer.Client;

namespace Sequencer.Cli;

/// <summary>Shows a record as the gateway gives it: taken apart, on one line, or as JSON.</summary>
internal static class EntryLines
{
    /// <summary>One fact a line.</summary>
    public static void Show(Screen screen, EntryView entry)
    {
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{entry.Number}[/]  {Kind(entry)}, epoch {entry.Epoch}, {Times.Text(entry.Time)}"));
        if (entry.PayloadDigest is { } digest)
        {
            screen.Say($"  payload    {digest.ToHex()}, {entry.PayloadLength} bytes");
        }
        if (entry.ErasedBy is { } tombstone)
        {
            screen.Say($"  [yellow]erased[/]     by number {tombstone}");
        }
        if (entry.ContentType.Length > 0) screen.Say($"  content    {Screen.Plain(entry.ContentType)}");
        if (entry.Type.Length > 0) screen.Say($"  type       {Screen.Plain(entry.Type)}");
        foreach ((string key, string value) in entry.Metadata?.Pairs ?? [])
        {
            screen.Say($"  metadata   {Screen.Plain(key)} = {Screen.Plain(value)}");
        }
        if (entry.Stream is { } stream)
        {
            screen.Say($"  stream     {Screen.Plain(stream)}, version {entry.Version}");
        }
        if (entry.Group is { Count: > 1 } group)
        {
            screen.Say($"  group      {group.Index + 1} of {group.Count}, from number {group.First}");
        }
        screen.Say($"  leaf hash  {entry.LeafHash.ToHex()}");
        screen.Say($"  previous   {entry.Previous.ToHex()}");
    }

    /// <summary>All that fits a line.</summary>
    public static void ShowLine(Screen screen, EntryView entry)
    {
        string stream = entry.Stream is null ? "" : $"  {entry.Stream}@{entry.Version}";
        string type = entry.Type.Length == 0 ? "" : $"  {entry.Type}";
        string payload = entry.PayloadDigest is { } digest
            ? $"{digest.ToHex()[..16]}…  {entry.PayloadLength} B"
            : entry.Kind == RecordType.Statement ? "epoch statement" : Kind(entry);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{entry.Number,8}[/]  {Times.Text(entry.Time)}  {payload}{Screen.Plain(stream + type)}"));
    }

    /// <summary>An object with the names of docs/HTTP.md.</summary>
    public static void Write(Utf8JsonWriter json, EntryView entry)
    {
        json.WriteStartObject();
        json.WriteNumber("number", entry.Number);
        json.WriteString("kind", Kind(entry));
        json.WriteNumber("epoch", entry.Epoch);
        json.WriteString("time", Times.Text(entry.Time));
        json.WriteString("leaf_hash", entry.LeafHash.ToHex());
        json.WriteString("previous", entry.Previous.ToHex());
        json.WriteBase64String("record", entry.Record.Span);
        if (entry.PayloadDigest is { } digest)
        {
            json.WriteString("payload_digest", digest.ToHex());
            json.WriteNumber("payload_length", entry.PayloadLength!.Value);
            if (entry.ErasedBy is { } tombstone) json.WriteNumber("erased", tombstone);
            json.WriteString("type", entry.Type);
            json.WriteString("content_type", entry.ContentType);
            json.WriteStartObject("metadata");
            foreach ((string key, string value) in entry.Metadata?.Pairs ?? []) json.WriteString(key, value);
            json.WriteEndObject();
        }
        if (entry.Stream is { } stream)
        {
            json.WriteString("stream", stream);
            json.WriteNumber("version", entry.Version!.Value);
        }
        if (entry.Payload is { } payload)
        {
            if (Utf8.IsValid(payload.Span)) json.WriteString("payload", payload.Span);
            else json.WriteBase64String("payload_base64", payload.Span);
        }
        json.WriteEndObject();
    }

    private static string Kind(EntryView entry) => entry.Kind switch
    {
        RecordType.Entry => "entry",
        RecordType.Seal => "seal",
        RecordType.Snapshot => "snapshot",
        _ => "statement",
    };
}
