using System.Text.Json;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>A server-sent event as a subscriber sees it.</summary>
/// <param name="Id">The last id before its end; null for none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Data">Its data as it came.</param>
internal sealed record SentEvent(string? Id, string Name, string Data)
{
    public JsonElement Json => JsonDocument.Parse(Data).RootElement.Clone();

    public ulong Number => Json.GetProperty("number").GetUInt64();
}

/// <summary>A subscription's answer, read event by event.</summary>
internal sealed class EventLines : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;
    private string? _id;

    private EventLines(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _reader = new StreamReader(body);
    }

    public HttpResponseMessage Response => _response;

    /// <summary>Comments so far.</summary>
    public int Comments { get; private set; }

    /// <summary>The id that a browser would come back with.</summary>
    public string? LastId => _id;

    public static async Task<EventLines> OpenAsync(
        HttpClient http, string path, string? lastEventId = null, string? secret = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", "text/event-stream");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        if (secret is not null) request.Headers.Authorization = new("Bearer", secret);
        HttpResponseMessage response =
            await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new EventLines(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event with data; null at the end.</summary>
    public async Task<SentEvent?> NextAsync()
    {
        string name = "message";
        string? data = null;
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length == 0 && data is not null) return new SentEvent(_id, name, data);
            if (line.StartsWith(':')) Comments++;
            if (line.StartsWith("id: ", StringComparison.Ordinal)) _id = line[4..];
            if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
            if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
        }
        return null;
    }

    /// <summary>The next records, checkpoints passed over.</summary>
    public async Task<List<SentEvent>> RecordsAsync(int count)
    {
        var records = new List<SentEvent>();
        while (records.Count < count)
        {
            SentEvent? next = await NextAsync();
            Assert.NotNull(next);
            if (next.Name is "entry" or "statement") records.Add(next);
        }
        return records;
    }

    /// <summary>Reads lines until there is a comment.</summary>
    public async Task CommentAsync()
    {
        int before = Comments;
        while (Comments == before)
        {
            string? line = await ReadLineAsync();
            Assert.NotNull(line);
            if (line.StartsWith(':')) Comments++;
            if (line.StartsWith("id: ", StringComparison.Ordinal)) _id = line[4..];
        }
        // The blank line, with the id before it where there is one.
        while (await ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) _id = line[4..];
        }
    }

    /// <summary>The problem that came in the place of events.</summary>
    public async Task<JsonElement> ProblemAsync()
    {
        using JsonDocument problem = JsonDocument.Parse(await _reader.ReadToEndAsync());
        return problem.RootElement.Clone();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }

    private async Task<string?> ReadLineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _reader.ReadLineAsync(patience.Token);
    }
}
