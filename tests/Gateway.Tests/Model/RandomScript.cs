namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// Random steps over a few streams, keys and payloads, so that guards, caps, keys and the window's
/// edge meet often. Sent requests come back: as they were, with another key or with another body.
/// </summary>
/// <param name="random">Where the chance comes from.</param>
/// <param name="postsAtOnce">Most requests at the same time.</param>
/// <param name="restartOnceIn">How rarely gateway or enclave are restarted, in steps.</param>
/// <param name="losesEnclaves">Whether an enclave may also end with what it has numbered.</param>
/// <param name="hasTwoTenants">Whether another tenant uses the same names and keys.</param>
internal sealed class RandomScript(
    Random random, int postsAtOnce, int restartOnceIn, bool losesEnclaves, bool hasTwoTenants)
{
    private const int Keys = 7;
    private const int Payloads = 3;
    private const int Remembered = 12;

    private static readonly string[] Streams = ["a-1", "a-2", "b-1", "b-2", "c"];

    private readonly Queue<Post> _sent = new();

    /// <summary>A step that makes sense where the model stands.</summary>
    public Step Next(LogModel model)
    {
        if (IsOnceIn(restartOnceIn)) return Restart(model);
        model.Tenant = Tenant();
        Step step = random.Next(24) switch
        {
            0 => new ReadOne(random.Next(model.Log.Count + 2)),
            1 => new ReadPayload(Payload()),
            2 => new ReadStreams(IsOnceIn(2) ? null : Category()),
            3 or 4 => Sequence(model),
            _ => new Send(Posts(model)),
        };
        return step is Send ? step : step with { Tenant = model.Tenant };
    }

    // An enclave takes far longer to restart here than a gateway.
    private Step Restart(LogModel model) => random.Next(8) switch
    {
        0 => new RestartEnclave(),
        1 when losesEnclaves => new SendAndLose(Posts(model)),
        _ => new RestartGateway(),
    };

    private ReadSequence Sequence(LogModel model)
    {
        var of = (Of)random.Next(4);
        string name = of switch
        {
            Of.Stream => Stream(),
            Of.Category => Category(),
            Of.Type => Payload(),
            _ => "",
        };
        int? from = IsOnceIn(3) ? null
            : random.Next(of == Of.Stream ? model.Version(name) + 2 : model.Log.Count + 2);
        return new ReadSequence(of, name, from, random.Next(1, 6), IsOnceIn(2));
    }

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
        model.Tenant = post.Tenant;
        int at = random.Next(post.Entries.Length);
        Entry entry = post.Entries[at];
        return random.Next(10) switch
        {
            0 => Under(Key(), post),
            1 => With(post, at, entry with { Payload = Payload() }),
            2 => With(post, at, entry with { Expected = Expected(model, entry.Stream) }),
            3 => With(post, at, entry with { Also = Also(model) }),
            4 => post with { IsSequenced = !post.IsSequenced },
            5 => post with { PrefersPath = !post.PrefersPath },
            6 when hasTwoTenants => post with { Tenant = 1 - post.Tenant },
            _ => post,
        };
    }

    private Post Fresh(LogModel model)
    {
        model.Tenant = Tenant();
        var form = (Form)Math.Max(0, random.Next(-2, 3));
        bool hasHeaderKey = form == Form.Single || IsOnceIn(2);
        int count = form == Form.Single ? 1 : random.Next(1, 4);
        Entry[] entries = form == Form.Atomic && IsOnceIn(3)
            ? FreshOfOneStream(model, count)
            : [.. Enumerable.Range(0, count).Select(_ => FreshEntry(model))];
        if (!hasHeaderKey) entries = [.. WithOwnKeys(entries)];
        var post = new Post(form, hasHeaderKey, IsOnceIn(6), entries)
        {
            Tenant = model.Tenant,
            PrefersPath = IsOnceIn(2),
        };
        return hasHeaderKey && !IsOnceIn(3) ? Under(Key(), post) : post;
    }

    private Entry FreshEntry(LogModel model)
    {
        string? stream = IsOnceIn(4) ? null : Stream();
        Guard? also = IsOnceIn(4) ? Also(model) : null;
        return new Entry(Payload(), stream, Expected(model, stream), Key: null, Also: also);
    }

    private Entry[] FreshOfOneStream(LogModel model, int count)
    {
        string stream = Stream();
        return
        [
            .. Enumerable.Range(0, count).Select(i => new Entry(
                Payload(), stream, i == 0 ? Expected(model, stream) : "any", Key: null)),
        ];
    }

    // The edge refuses an atomic batch that says one key twice.
    private IEnumerable<Entry> WithOwnKeys(Entry[] entries)
    {
        int first = random.Next(Keys);
        return entries.Select((entry, i) =>
            IsOnceIn(2) ? entry : entry with { Key = $"k{(first + i) % Keys}" });
    }

    // Often what holds, and often what held a moment ago.
    private string Expected(LogModel model, string? stream) => stream is null
        ? "any"
        : random.Next(8) switch
        {
            0 => "none",
            1 => "exists",
            2 => $"{random.Next(4)}",
            3 or 4 or 5 => $"{model.Version(stream)}",
            _ => "any",
        };

    private Guard Also(LogModel model)
    {
        string stream = Stream();
        return new Guard(stream, random.Next(6) switch
        {
            0 => "none",
            1 => "exists",
            2 => $"{random.Next(4)}",
            3 => $"{model.Version(stream)}",
            4 => $"since {model.LastOf(stream)}",
            _ => $"since {random.Next(model.Log.Count)}",
        });
    }

    private static Post With(Post post, int at, Entry entry) =>
        post with { Entries = [.. post.Entries.Select((e, i) => i == at ? entry : e)] };

    private static Post Under(string key, Post post) => post with
    {
        HasHeaderKey = true,
        Entries = [.. post.Entries.Select((e, i) => e with { Key = key, Place = i })],
    };

    // Seldom the other one, so that the first's log stays dense.
    private int Tenant() => hasTwoTenants && IsOnceIn(4) ? 1 : 0;

    private string Stream() => Streams[random.Next(Streams.Length)];

    private string Category() => ModelReads.CategoryOf(Stream());

    private string Payload() => $"p{random.Next(Payloads)}";

    private string Key() => $"k{random.Next(Keys)}";

    private bool IsOnceIn(int times) => random.Next(times) == 0;
}
