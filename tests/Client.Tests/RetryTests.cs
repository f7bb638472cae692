using System.Net;
using System.Text;

namespace Sequencer.Client.Tests;

public sealed class RetryTests
{
    private static readonly NewEntry Entry = new() { Payload = "p"u8.ToArray() };

    private readonly ImpatientTime _time = new();
    private readonly Queue<Func<HttpResponseMessage>> _answers = new();

    private ScriptedGateway Gateway => field ??= new(_ => _answers.Dequeue()());

    private SequencerClient Client =>
        SequencerClient.WithoutVerification(Gateway.Http(), _time);

    [Theory]
    [InlineData("http://log.example/", false)]
    [InlineData("http://192.0.2.1:5000/", false)]
    [InlineData("http://localhost.example/", false)]
    [InlineData("https://log.example/", true)]
    [InlineData("http://127.0.0.1:5000/", true)]
    [InlineData("http://localhost/", true)]
    [InlineData("http://[::1]/", true)]
    public void A_key_goes_over_tls_or_stays_on_the_machine(string address, bool isTaken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        SequencerClient.WithoutVerification(http);
        http.DefaultRequestHeaders.Authorization = new("Bearer", "seqk_marker");
        Exception? refusal = Record.Exception(() => SequencerClient.WithoutVerification(http))
            ?? Record.Exception(() => new HttpAuditSource(http));
        Assert.Equal(isTaken, refusal is null);
        if (refusal is null) return;
        Assert.IsType<ArgumentException>(refusal);
        Assert.DoesNotContain("marker", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_keeps_its_name_status_detail_and_members()
    {
        Answer(() => ScriptedGateway.Problem(
            "version-mismatch", 412, ",\"stream\":\"s\",\"expected\":3,\"actual\":5"));
        var problem = await Assert.ThrowsAsync<ProblemException>(
            () => Client.AppendAsync(Entry));
        Assert.Equal(
            ("version-mismatch", 412, "D"), (problem.Name, problem.Status, problem.Detail));
        Assert.Equal(["actual", "expected", "stream"], problem.Members.Keys.Order());
        Assert.Equal(5, problem.Members["actual"].GetInt32());
    }

    [Fact]
    public async Task An_answer_of_something_else_than_a_gateway_keeps_its_status()
    {
        Answer(() => new HttpResponseMessage(HttpStatusCode.BadGateway)
        {
            Content = new StringContent("<html>", Encoding.UTF8, "text/html"),
        });
        var problem = await Assert.ThrowsAsync<ProblemException>(() => Client.GetEntryAsync(1));
        Assert.Equal(("", 502), (problem.Name, problem.Status));
    }

    [Fact]
    public async Task A_read_comes_back_when_the_gateway_says()
    {
        Answer(() => ScriptedGateway.Problem("overloaded", 429, retryAfter: 3));
        Answer(Broken);
        Answer(() => ScriptedGateway.Bytes("note"u8.ToArray()));
        Assert.Equal("note"u8.ToArray(), await Client.GetCheckpointAsync());
        Assert.Equal(TimeSpan.FromSeconds(3), _time.Pauses[0]);
        Assert.Equal(2, _time.Pauses.Count);
    }

    [Fact]
    public async Task Attempts_are_four_and_no_more()
    {
        for (int i = 0; i < 9; i++) Answer(Broken);
        var lost = await Assert.ThrowsAsync<GatewayUnreachableException>(
            () => Client.GetCheckpointAsync());
        Assert.Equal("http://gateway.example/v1/checkpoint", lost.Url.ToString());
        Assert.Equal(4, Gateway.Seen.Count);
        Assert.All(_time.Pauses.Zip(_time.Pauses.Skip(1)), p => Assert.True(p.First < p.Second));
    }

    [Fact]
    public async Task An_append_is_sent_again_only_with_a_key()
    {
        Answer(Broken);
        await Assert.ThrowsAsync<GatewayUnreachableException>(() => Client.AppendAsync(Entry));
        Assert.Single(Gateway.Seen);

        Answer(Broken);
        Answer(() =>
        {
            HttpResponseMessage answer = ScriptedGateway.Json(
                """{"number":4,"epoch":0,"time":"2026-01-01T00:00:00.000Z","receipt":{}}""");
            answer.Headers.Add("Idempotent-Replayed", "true");
            return answer;
        });
        Appended appended = await Client.AppendAsync(Entry with { IdempotencyKey = "k" });
        Assert.Equal(4UL, appended.Number);
        Assert.True(appended.IsReplayed);
        Assert.Equal(Gateway.Seen[1].Body, Gateway.Seen[2].Body);
        Assert.Equal("k", Gateway.Seen[2].Header("Idempotency-Key"));
    }

    [Fact]
    public async Task A_batch_is_sent_again_only_if_all_of_it_has_a_key()
    {
        NewEntry keyed = Entry with { IdempotencyKey = "k" };
        Answer(Broken);
        await Assert.ThrowsAsync<GatewayUnreachableException>(
            () => Client.AppendBatchAsync([keyed, Entry]));
        Assert.Single(Gateway.Seen);
        Answer(Broken);
        Answer(() => ScriptedGateway.Json(
            """{"entries":[{"status":"appended","number":1}],"size":2,"checkpoint":""}"""));
        Assert.Single((await Client.AppendBatchAsync([keyed])).Entries);
    }

    [Fact]
    public async Task What_waiting_does_not_cure_is_told_at_once()
    {
        Answer(() => ScriptedGateway.Problem("enclave-stopped", 503));
        await Assert.ThrowsAsync<ProblemException>(() => Client.GetCheckpointAsync());
        Answer(() => ScriptedGateway.Problem("enclave-unavailable", 503, retryAfter: 3600));
        await Assert.ThrowsAsync<ProblemException>(() => Client.GetCheckpointAsync());
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task Readiness_is_asked_once()
    {
        Answer(() => ScriptedGateway.Problem("enclave-unavailable", 503, retryAfter: 1));
        Assert.False(await Client.IsReadyAsync());
        Answer(() => ScriptedGateway.Bytes("ready\n"u8.ToArray()));
        Assert.True(await Client.IsReadyAsync());
        Answer(Broken);
        await Assert.ThrowsAsync<GatewayUnreachableException>(() => Client.IsReadyAsync());
        Assert.Equal(3, Gateway.Seen.Count);
    }

    [Fact]
    public async Task A_cancellation_is_the_callers_and_no_outage()
    {
        using var cancelled = new CancellationTokenSource();
        Answer(() =>
        {
            cancelled.Cancel();
            throw new OperationCanceledException();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client.GetCheckpointAsync(cancelled.Token));
        Assert.Single(Gateway.Seen);
    }

    private static HttpResponseMessage Broken() => throw new HttpRequestException("refused");

    private void Answer(Func<HttpResponseMessage> answer) => _answers.Enqueue(answer);
}
