using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Store;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// A gateway without sockets and stages: its endpoints, its line, its store in memory and the
/// trusted core, one step after the other. What is sent at once is one batch. It makes a log in
/// half a millisecond, so that a hundred thousand scripts are cheap.
/// </summary>
internal sealed class StepGateway : ISubject
{
    // Its instruments are the process's: one of them serves all logs.
    private static readonly GatewayMetrics Metrics = new();
    private static readonly GatewaySettings Settings = Defaults();
    private static readonly Caller[] Callers =
        [Caller.Anyone, Caller.For("other", Caller.Anyone.Scopes)];

    private readonly StepEnclave _enclave;
    private MemoryFiles _files = new();
    private LogStore _store;
    private ServiceProvider? _parts;
    private LogHead _head = LogHead.Empty;
    private PipelineState _state = null!;
    private AppendLine _line = null!;
    private AppendEndpoints _appends = null!;
    private EntryEndpoints _entries = null!;
    private StreamEndpoints _streams = null!;

    public StepGateway(LogConfiguration configuration)
    {
        _enclave = new StepEnclave();
        _store = Open();
        Commit(_enclave.Genesis(configuration));
    }

    public bool KeepsOrder => true;

    public Task<string[]> SendAsync(Post[] posts) => SendAsync(posts, isLost: false);

    public async Task<string[]> SendAndLoseAsync(Post[] posts)
    {
        string[] answers = await SendAsync(posts, isLost: true);
        await RestartEnclaveAsync();
        return answers;
    }

    public async Task<string> ReadAsync(Step step, int size)
    {
        Assert.Equal((ulong)size, _store.View.Size);
        (string path, string query) = HttpForm.Of(step);
        DefaultHttpContext context = NewContext(path, query, step.Tenant);
        await (step switch
        {
            ReadOne one => ReadOneAsync(context, one.Number),
            ReadStreams => _streams.ListAsync(context),
            ReadSequence { Of: Of.Stream } => _streams.EntriesAsync(context),
            _ => _entries.ManyAsync(context),
        });
        return AnswerText.OfRead(context.Response.StatusCode, BodyOf(context));
    }

    public Task RestartGatewayAsync()
    {
        // As an orderly end or a sudden one leaves it.
        if (_head.Size % 2 == 0) _store.KeepDerived();
        _store.Dispose();
        _files = _files.Restarted();
        _store = Open();
        _head = LogHead.Of(_store.View);
        return Task.CompletedTask;
    }

    public Task RestartEnclaveAsync()
    {
        // From what is on the disk, whatever the one before had numbered since.
        LogView view = _store.View;
        var records = new byte[64 * 1024];
        int length = view.ReadRecords(0, records, out int count);
        Assert.Equal(view.Size, (ulong)count);
        Commit(_enclave.Restart(view.Checkpoint.Span, records.AsMemory(0, length)));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _parts?.Dispose();
        _store.Dispose();
        _enclave.Dispose();
        return ValueTask.CompletedTask;
    }

    private LogStore Open()
    {
        (LogStore store, _) = Recovery.Open(_files, "memory", new StoreOptions());
        var services = new ServiceCollection();
        GatewayHost.AddParts(
            services,
            Settings,
            new DiskReserve(0, () => long.MaxValue),
            () => throw new InvalidOperationException("It is open."));
        services.AddSingleton(Metrics).AddLogging();
        _parts?.Dispose();
        _parts = services.BuildServiceProvider();
        _state = _parts.GetRequiredService<PipelineState>();
        _state.ShowView(store.View);
        _state.ShowStore(store);
        _line = _parts.GetRequiredService<AppendQueue>().Open();
        _appends = _parts.GetRequiredService<AppendEndpoints>();
        _entries = _parts.GetRequiredService<EntryEndpoints>();
        _streams = _parts.GetRequiredService<StreamEndpoints>();
        return store;
    }

    private async Task<string[]> SendAsync(Post[] posts, bool isLost)
    {
        DefaultHttpContext[] contexts = [.. posts.Select(Request)];
        // Each is in line when its call returns.
        Task[] answers =
        [
            .. posts.Select((post, i) => post switch
            {
                { PathStream: not null } => _appends.AppendToStreamAsync(contexts[i]),
                { Form: Form.Single } => _appends.AppendOneAsync(contexts[i]),
                _ => _appends.AppendBatchAsync(contexts[i]),
            }),
        ];
        Sequence(isLost);
        await Task.WhenAll(answers);
        return [.. contexts.Select(Answer)];
    }

    // The steps of the stages, in their order.
    private void Sequence(bool isLost)
    {
        Batch batch = _line.Take();
        PayloadItem[] items = [.. batch.Submissions.SelectMany(s => s.Items)];
        var offsets = new ulong[items.Length];
        _store.AppendPayloads(items, offsets);
        _store.SyncPayloads();
        batch.PayloadOffsets.AddRange(offsets);

        BatchAnswer answer = _enclave.Sequence(batch.EncodeRequest(_head.Size, _head.Size));
        SignedBatch signed = SignedBatch.Match(batch, answer, _head);
        var answers = new Answers();
        signed.AnswerProvisionally(answers);
        answers.Give();
        if (isLost)
        {
            signed.Fail(AppendFailure.EnclaveUnavailable);
            return;
        }
        if (answer.RecordCount > 0) Write(answer, signed.PayloadOffsets);
        _head = signed.Head;
        signed.AnswerDurably(_store.View, answers);
        answers.Give();
        _store.EraseUnused(signed.UnusedPayloads);
    }

    private void Commit(BatchAnswer opened)
    {
        _head = _head.TryExtend(opened, out string fault)
            ?? throw new InvalidOperationException(fault);
        _store.PutEpochDocument(_head.Statement!.Fields.Epoch, "document"u8.ToArray());
        Write(opened, [CommitFrame.NoPayload]);
    }

    private void Write(BatchAnswer answer, ulong[] payloadOffsets)
    {
        _store.AppendCommit(
            answer.StartSize, answer.Records.Span, payloadOffsets, answer.Checkpoint.Span);
        _store.SyncLog();
        _state.ShowView(_store.Publish());
    }

    private Task ReadOneAsync(DefaultHttpContext context, int number)
    {
        context.Request.RouteValues["number"] = number.ToString(CultureInfo.InvariantCulture);
        return _entries.OneAsync(context);
    }

    private static DefaultHttpContext Request(Post post)
    {
        byte[] body = HttpForm.BodyOf(post);
        DefaultHttpContext context =
            NewContext(HttpForm.PathOf(post), HttpForm.QueryOf(post), post.Tenant);
        context.Request.Method = HttpMethods.Post;
        context.Request.ContentType = HttpForm.ContentTypeOf(post);
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body);
        foreach ((string name, string value) in HttpForm.HeadersOf(post))
        {
            context.Request.Headers[name] = value;
        }
        return context;
    }

    private static DefaultHttpContext NewContext(string path, string query, int tenant)
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = path + query;
        context.Request.QueryString = new QueryString(query);
        context.Features.Set(Callers[tenant]);
        return context;
    }

    private static string Answer(DefaultHttpContext context)
    {
        IHeaderDictionary headers = context.Response.Headers;
        return AnswerText.OfAppend(
            context.Response.StatusCode,
            BodyOf(context),
            headers["Idempotent-Replayed"],
            headers.Location,
            headers.ETag);
    }

    private static GatewaySettings Defaults()
    {
        Assert.True(SettingsReader.TryRead(
            ["--data", "memory", "--enclave", "unix:none"], _ => null, out var settings, out _));
        return settings;
    }

    private static string BodyOf(DefaultHttpContext context) =>
        Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());
}
