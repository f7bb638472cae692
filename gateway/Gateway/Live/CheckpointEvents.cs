using System.Buffers;
using System.Text;
using System.Text.Json;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>Checkpoints as server-sent events. The newest is kept: all who are told of it share it.
/// </summary>
/// <remarks>For any number of threads, without locks.</remarks>
internal sealed class CheckpointEvents
{
    private volatile Head? _newest;

    /// <summary>The event of a view's checkpoint.</summary>
    /// <param name="view">The view.</param>
    /// <param name="name">Name of the event.</param>
    public ReadOnlyMemory<byte> Of(LogView view, string name)
    {
        Head? newest = _newest;
        if (newest is not null && ReferenceEquals(newest.View, view)) return newest.Bytes;
        var made = new Head(view, Make(view, name));
        _newest = made;
        return made.Bytes;
    }

    private static byte[] Make(LogView view, string name)
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

    private sealed record Head(LogView View, byte[] Bytes);
}
