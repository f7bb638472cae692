namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// Random steps over a few streams, keys and payloads, so that guards, caps, keys and the window's
/// edge meet often. Sent requests come back: as they were, with another key or with another body.
/// </summary>
/// <param name="random">Where the chance comes from.</param>
/// <param name="postsAtOnce">Most requests at the same time.</param>
/// <param name="restartOnceIn">How rarely gateway or enclave are restarted, in steps.</param>
/// <param name="losesEnclaves">Whether an enclave may also end with what it has numbered.</param>
internal sealed class RandomScript(
    Random random, int postsAtOnce, int restartOnceIn, bool losesEnclaves)
{
    private const int Streams = 5;
    private const int Keys = 7;
    private const int Payloads = 3;
    private const int Remembered = 12;

    private readonly Queue<Post> _sent = new();

    /// <summary>A step that makes sense where the model stands.</summary>
    public Step Next(LogModel model)
    {
        if (IsOnceIn(restartOnceIn)) return Restart(model);
        int size = model.Log.Count;
        return random.Next(20) switch
        {
            0 => new ReadOne(random.Next(size + 2)),
            1 => new ReadRange(random.Next(size + 2), random.Next(1, 6)),
            2 => new ReadPayload(Payload()),
            _ => new Send(Posts(model)),
        };
    }

    // An enclave takes far longer to restart here than a gateway.
    private Step Restart(LogModel model) => random.Next(8) switch
    {
        0 => new RestartEnclave(),
        1 when losesEnclaves => new SendAndLose(Posts(model)),
        _ => new RestartGateway(),
    };

    private Post[] Posts(LogModel model) =>
        [.. Enumerable.Range(0, random.Next(1, postsAtOnce + 1)).Select(_ => Post(model))];

    private Post Post(LogModel model)
    {
        Post post = _sent.Count > 0 && random.Next(5) < 2 ? Retry(model) : Fresh(model);
        _sent.Enqueue(post);
        if (_sent.Count > Remembered) _sent.Dequeue();
        return post;
    }

    private Post Retry(LogModel model)
    {
        Post post = _sent.ElementAt(random.Next(_sent.Count));
        int at = random.Next(post.Entries.Length);
        return random.Next(8) switch
        {
            0 => Under(Key(), post),
            1 => With(post, at, post.Entries[at] with { Payload = Payload() }),
            2 => With(post, at, post.Entries[at] with { Expected = Expected(model, post.Entries[at].Stream) }),
            3 => post with { IsSequenced = !post.IsSequenced },
            _ => post,
        };
    }

    private Post Fresh(LogModel model)
    {
        var form = (Form)random.Next(-2, 3);
        if (form < 0) form = Form.Single;
        bool hasHeaderKey = form == Form.Single || IsOnceIn(2);
        int count = form == Form.Single ? 1 : random.Next(1, 4);
        Entry[] entries = [.. Enumerable.Range(0, count).Select(_ => Fresh(model, OwnKey()))];
        // The edge refuses an atomic batch that says one key twice.
        if (entries.Select(e => e.Key).Where(k => k is not null).Distinct().Count() < entries.Count(e => e.Key is not null))
        {
            entries = [.. entries.Select(e => e with { Key = null })];
        }
        var post = new Post(form, hasHeaderKey, IsOnceIn(6), entries);
        return hasHeaderKey && random.Next(3) > 0 ? Under(Key(), post) : post;

        string? OwnKey() => hasHeaderKey || IsOnceIn(2) ? null : Key();
    }

    private Entry Fresh(LogModel model, string? key)
    {
        string? stream = IsOnceIn(4) ? null : $"s{random.Next(Streams)}";
        return new Entry(Payload(), stream, Expected(model, stream), key);
    }

    // Often what holds, and often what held a moment ago.
    private string Expected(LogModel model, string? stream) => stream is null ? "any" : random.Next(8) switch
    {
        0 => "none",
        1 => "exists",
        2 => $"{random.Next(4)}",
        3 or 4 or 5 => $"{model.Version(stream)}",
        _ => "any",
    };

    private static Post With(Post post, int at, Entry entry) =>
        post with { Entries = [.. post.Entries.Select((e, i) => i == at ? entry : e)] };

    private static Post Under(string key, Post post) => post with
    {
        HasHeaderKey = true,
        Entries = [.. post.Entries.Select((e, i) => e with { Key = key, Place = i })],
    };

    private string Payload() => $"p{random.Next(Payloads)}";

    private string Key() => $"k{random.Next(Keys)}";

    private bool IsOnceIn(int times) => random.Next(times) == 0;
}
