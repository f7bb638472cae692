using Sequencer.Gateway.Http;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Tests.Link;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>Many who ask for documents, of an enclave that answers when a test says so.</summary>
public sealed class LiveDocumentsTests : IAsyncLifetime
{
    private const int AttestAnswer = 0x89;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] Nonce = new byte[16];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("live-");
    private readonly List<uint> _unanswered = [];
    private readonly LiveDocuments _documents = new();
    private ScriptedPeer? _peer;
    private EnclaveClient? _enclave;
    private int _underWayMost;

    public async Task InitializeAsync()
    {
        string path = Path.Combine(_folder.FullName, "link");
        _peer = new ScriptedPeer(path, AnswerAtAcknowledge);
        Assert.True(
            EnclaveEndpoint.TryParse("unix:" + path, out EnclaveEndpoint? endpoint, out _));
        _enclave = new EnclaveClient(await EnclaveConnection.ConnectAsync(
            endpoint, new LinkTimes(Patience, Patience, Patience), CancellationToken.None));
    }

    public async Task DisposeAsync()
    {
        await _enclave!.DisposeAsync();
        await _peer!.DisposeAsync();
        _documents.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_else_is_asked_waits_behind_few_documents_and_all_are_given()
    {
        Task<ReadOnlyMemory<byte>?>[] asked = Ask(6);
        await AnswerUntilDoneAsync(Task.WhenAll(asked));
        foreach (Task<ReadOnlyMemory<byte>?> one in asked) Assert.NotNull(await one);
        Assert.Equal(LiveDocuments.UnderWayMax, _underWayMost);
    }

    [Fact]
    public async Task A_caller_beyond_those_who_may_wait_is_turned_away_at_once()
    {
        Task<ReadOnlyMemory<byte>?>[] asked =
            Ask(LiveDocuments.UnderWayMax + LiveDocuments.QueueMax);
        Assert.Null(await Ask(1)[0].WaitAsync(Patience));
        await AnswerUntilDoneAsync(Task.WhenAll(asked));
        foreach (Task<ReadOnlyMemory<byte>?> one in asked) Assert.NotNull(await one);
    }

    [Fact]
    public async Task Callers_who_go_away_do_not_let_more_onto_the_line()
    {
        for (int i = 0; i < 6; i++)
        {
            using var caller = new CancellationTokenSource();
            Task<ReadOnlyMemory<byte>?> asked =
                _documents.AskAsync(_enclave!, Nonce, caller.Token);
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }
        await AnswerUntilDoneAsync(Ask(1)[0]);
        Assert.Equal(LiveDocuments.UnderWayMax, _underWayMost);
    }

    [Fact]
    public async Task A_line_that_breaks_under_those_who_wait_is_told_to_all_of_them()
    {
        Task<ReadOnlyMemory<byte>?>[] asked = Ask(6);
        await _enclave!.DisposeAsync();
        foreach (Task<ReadOnlyMemory<byte>?> one in asked)
        {
            await Assert.ThrowsAsync<EnclaveLostException>(() => one.WaitAsync(Patience));
        }
    }

    private Task<ReadOnlyMemory<byte>?>[] Ask(int count) => [.. Enumerable.Range(0, count)
        .Select(_ => _documents.AskAsync(_enclave!, Nonce, CancellationToken.None))];

    private async Task AnswerUntilDoneAsync(Task asked)
    {
        do await _enclave!.AcknowledgeAsync(0, CancellationToken.None).WaitAsync(Patience);
        while (!asked.IsCompleted);
        await asked;
    }

    // An append in small: it is answered after the documents before it, which wait for it.
    private byte[]? AnswerAtAcknowledge(byte type, uint id)
    {
        if (type == (byte)LinkMessage.Attest)
        {
            _unanswered.Add(id);
            _underWayMost = Math.Max(_underWayMost, _unanswered.Count);
            return [];
        }
        byte[] answers =
        [
            .. _unanswered.SelectMany(asked => ScriptedPeer.Frame(AttestAnswer, asked, 1)),
            .. ScriptedPeer.Frame((byte)(type | 0x80), id),
        ];
        _unanswered.Clear();
        return answers;
    }
}
