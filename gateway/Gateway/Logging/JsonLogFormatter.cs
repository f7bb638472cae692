using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Sequencer.Gateway.Logging;

/// <summary>
/// A log entry as one JSON object on one line: <c>time</c>, <c>level</c>, <c>category</c>,
/// <c>event</c>, <c>message</c>, <c>trace_id</c>, <c>fields</c>, <c>exception</c>.
/// </summary>
internal sealed class JsonLogFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>Under which the console knows it.</summary>
    public const string FormatterName = "sequencer-json";

    /// <summary>The field of a message that becomes <c>trace_id</c>.</summary>
    public const string TraceField = "TraceId";

    private const string TemplateField = "{OriginalFormat}";

    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(line, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", DateTimeOffset.UtcNow.ToString(
                "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", logEntry.LogLevel.ToString().ToLowerInvariant());
            json.WriteString("category", logEntry.Category);
            if (logEntry.EventId.Name is { } name) json.WriteString("event", name);
            json.WriteString(
                "message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            WriteFields(json, logEntry.State as IReadOnlyList<KeyValuePair<string, object?>> ?? []);
            if (logEntry.Exception is { } exception)
            {
                json.WriteString("exception", exception.ToString());
            }
            json.WriteEndObject();
        }
        textWriter.WriteLine(Encoding.UTF8.GetString(line.WrittenSpan));
    }

    private static void WriteFields(
        Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> state)
    {
        string? traceId = Activity.Current?.TraceId.ToHexString();
        bool isOpen = false;
        foreach ((string name, object? value) in state)
        {
            if (name == TemplateField) continue;
            if (name == TraceField)
            {
                traceId = value as string ?? traceId;
                continue;
            }
            if (!isOpen) json.WriteStartObject("fields");
            isOpen = true;
            Write(json, JsonNamingPolicy.SnakeCaseLower.ConvertName(name), value);
        }
        if (isOpen) json.WriteEndObject();
        if (traceId is not null) json.WriteString("trace_id", traceId);
    }

    private static void Write(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null: json.WriteNull(name); break;
            case bool flag: json.WriteBoolean(name, flag); break;
            case int number: json.WriteNumber(name, number); break;
            case long number: json.WriteNumber(name, number); break;
            case uint number: json.WriteNumber(name, number); break;
            case ulong number: json.WriteNumber(name, number); break;
            case double number when double.IsFinite(number): json.WriteNumber(name, number); break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
