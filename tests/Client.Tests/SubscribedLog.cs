using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Client.Tests;

/// <summary>
/// A gateway that serves a <see cref="TestLog"/> as server-sent events, and lies where its test says
/// so. An answer ends at the log's end; the subscriber comes again.
/// </summary>
internal sealed class SubscribedLog(TestLog log)
{
    /// <summary>Changes the events of an answer.</summary>
    public Func<List<string>, IEnumerable<string>> Edit { get; set; } = events => events;

    /// <summary>Answers instead of it, where it has one.</summary>
    public Func<SeenRequest, HttpResponseMessage?> Instead { get; set; } = _ => null;

    /// <summary>Called when a subscriber comes, with the number that it asks for.</summary>
    public Action<ulong> Connected { get; set; } = _ => { };

    /// <summary>Sizes after which a checkpoint is sent; null for the end of each batch.</summary>
    public Func<ulong, bool> HasHead { get; set; } = size => log.BatchEnds.Contains(size);

    public ScriptedGateway Gateway => field ??= new(Answer);

    /// <summary>An event of a record.</summary>
    public string Record(ulong number, byte[]? record = null, string? payload = null)
    {
        byte[] bytes = record ?? log.Records[(int)number];
        string beside = log.Entries[(int)number] is { } entry
            ? $",\"payload_base64\":\"{payload ?? Convert.ToBase64String(entry.Payload)}\""
            : "";
        return $"id: {number}\nevent: entry\n"
            + $"data: {{\"record\":\"{Convert.ToBase64String(bytes)}\"{beside}}}\n\n";
    }

    /// <summary>An event of a head.</summary>
    public static string Head(byte[] note, string name = "checkpoint") =>
        $"event: {name}\ndata: {{\"size\":0,\"checkpoint\":"
        + $"\"{JsonEncodedText.Encode(Encoding.UTF8.GetString(note))}\"}}\n\n";

    private HttpResponseMessage Answer(SeenRequest request)
    {
        if (Instead(request) is { } other) return other;
        string path = request.Path["/v1/".Length..];
        if (path.StartsWith("entries?from=", StringComparison.Ordinal)
            && request.Header("Accept") == "text/event-stream")
        {
            ulong from = ulong.Parse(
                path["entries?from=".Length..], CultureInfo.InvariantCulture);
            Connected(from);
            return Events(from);
        }
        if (path.StartsWith("checkpoint", StringComparison.Ordinal))
        {
            return ScriptedGateway.Bytes(log.Note(log.Size));
        }
        if (path.StartsWith("epochs/", StringComparison.Ordinal))
        {
            TestEpoch epoch = log.Epochs[int.Parse(path["epochs/".Length..])];
            return ScriptedGateway.Json(
                $"{{\"document\":\"{Convert.ToBase64String(epoch.Document)}\"}}");
        }
        if (path.StartsWith("proofs/consistency", StringComparison.Ordinal))
        {
            ulong[] sizes = [.. path.Split('=', '&').Where(p => ulong.TryParse(p, out _))
                .Select(p => ulong.Parse(p, CultureInfo.InvariantCulture))];
            IEnumerable<string> proof = ConsistencyProof.Create(sizes[0], sizes[1], log)
                .Select(hash => $"\"{hash.ToHex()}\"");
            return ScriptedGateway.Json($"{{\"proof\":[{string.Join(',', proof)}]}}");
        }
        return ServedLog.Answer(log, request);
    }

    private HttpResponseMessage Events(ulong from)
    {
        var events = new List<string> { "retry: 1000\n\n", ":\n\n" };
        for (ulong number = from; number < log.Size; number++)
        {
            events.Add(Record(number));
            if (HasHead(number + 1)) events.Add(Head(log.Note(number + 1)));
        }
        if (from == log.Size) events.Add(Head(log.Note(from)));
        var answer = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(string.Concat(Edit(events))),
        };
        answer.Content.Headers.ContentType = new("text/event-stream");
        return answer;
    }
}
