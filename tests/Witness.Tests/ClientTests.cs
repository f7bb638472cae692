using System.Net;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Witness.Tests;

/// <summary>The gateway's client against a real witness, and against one that misbehaves.</summary>
public sealed class ClientTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestLog _log = TestLog.WithEntries(9);
    private RunningWitness _witness = null!;

    public async Task InitializeAsync() => _witness = await RunningWitness.StartAsync(
        _directory.Path, new SettableTime(), _log.Policy);

    public async Task DisposeAsync()
    {
        await _witness.DisposeAsync();
        _log.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task It_teaches_epochs_and_finds_sizes_by_itself()
    {
        WitnessClient client = Client();
        foreach (ulong size in (ulong[])[3, 3, 7]) await CosignedAsync(client, size);
        // Another client, which knows nothing, as after a restart of the gateway.
        await CosignedAsync(Client(), 9);
        _log.OpenEpoch();
        _log.Append();
        await CosignedAsync(client, _log.Size);
        await CosignedAsync(Client(), _log.Size);
    }

    [Fact]
    public async Task A_witness_that_is_ahead_is_told_from_one_that_refuses()
    {
        await CosignedAsync(Client(), 8);
        WitnessAnswer answer = await Client().SubmitAsync(_log.Subject(5), default);
        Assert.Equal(WitnessOutcome.Ahead, answer.Outcome);
    }

    [Fact]
    public async Task A_fork_is_told_in_the_same_epoch_and_in_a_cloned_one()
    {
        _log.OpenEpoch();
        _log.Append();
        await CosignedAsync(Client(), _log.Size);
        _log.CutTo(11);
        _log.Append("another");
        _log.Append("another");
        WitnessAnswer answer = await Client().SubmitAsync(_log.Subject(_log.Size), default);
        Assert.Equal(WitnessOutcome.Fork, answer.Outcome);

        _log.GoBackBeforeEpoch(10);
        _log.OpenEpoch();
        for (int i = 0; i < 5; i++) _log.Append("clone");
        answer = await Client().SubmitAsync(_log.Subject(_log.Size), default);
        Assert.Equal(WitnessOutcome.Fork, answer.Outcome);
        Assert.Contains("this witness cosigned size 12", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_is_not_watched_and_an_image_that_is_not_trusted_are_told()
    {
        using var other = new TestLog(origin: "other.example/log");
        other.OpenEpoch();
        Assert.Equal(
            WitnessOutcome.NotWatched,
            (await Client().SubmitAsync(other.Subject(1), default)).Outcome);
        using TestLog twin = TestLog.WithEntries(2);
        WitnessAnswer answer = await Client().SubmitAsync(twin.Subject(2), default);
        Assert.Equal(WitnessOutcome.EpochRefused, answer.Outcome);
        Assert.Contains("log-id", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_witness_that_is_away_can_be_asked_again()
    {
        using var http = new HttpClient { BaseAddress = _witness.Http.BaseAddress };
        await _witness.DisposeAsync();
        var client = Client(http);
        Assert.Equal(
            WitnessOutcome.Unreachable,
            (await client.SubmitAsync(_log.Subject(5), default)).Outcome);
        await InitializeAsync();
        await CosignedAsync(Client(), 5);
    }

    [Fact]
    public async Task A_witness_that_never_answers_is_waited_for_no_longer_than_that()
    {
        using var http = new HttpClient(new Silent())
        {
            BaseAddress = new Uri("http://witness.example/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        WitnessClient client = Client(http, TimeSpan.FromMilliseconds(1));
        Assert.Equal(
            WitnessOutcome.Unreachable,
            (await client.SubmitAsync(_log.Subject(5), default)).Outcome);
    }

    [Theory]
    [InlineData(200, "", WitnessOutcome.Misbehaved)]
    [InlineData(200, "\u2014 witness.example/w1 AAAAAAAA\n", WitnessOutcome.Misbehaved)]
    [InlineData(409, "0\n", WitnessOutcome.Misbehaved)]
    [InlineData(409, "many\n", WitnessOutcome.Misbehaved)]
    [InlineData(409, "9223372036854775809\n", WitnessOutcome.Misbehaved)]
    [InlineData(409, "9\n", WitnessOutcome.Ahead)]
    [InlineData(400, "what", WitnessOutcome.Misbehaved)]
    [InlineData(302, "", WitnessOutcome.Misbehaved)]
    [InlineData(429, "slow down", WitnessOutcome.Unreachable)]
    [InlineData(503, "", WitnessOutcome.Unreachable)]
    public async Task Answers_that_prove_nothing_are_no_cosignature(
        int status, string text, object outcome)
    {
        using var http = new HttpClient(new Fixed((HttpStatusCode)status, text))
        {
            BaseAddress = new Uri("http://witness.example/"),
        };
        WitnessAnswer answer = await Client(http)
            .SubmitAsync(_log.Subject(5), default);
        Assert.Equal((WitnessOutcome)outcome, answer.Outcome);
        Assert.Null(answer.Cosignature);
    }

    [Fact]
    public async Task What_a_witness_says_makes_one_line_for_the_operator()
    {
        using var http = new HttpClient(new Fixed(
            HttpStatusCode.BadRequest, "no\r\nReady: log 00\u001b[2J\n" + new string('x', 600)))
        {
            BaseAddress = new Uri("http://witness.example/"),
        };
        WitnessAnswer answer = await new WitnessClient(
            http, _witness.Witness.Key.Verifier, TimeSpan.FromMinutes(1), TimeProvider.System)
            .SubmitAsync(_log.Subject(5), default);
        Assert.StartsWith("no  Ready: log 00 [2J xxx", answer.Reason, StringComparison.Ordinal);
        Assert.Equal(500, answer.Reason.Length);
    }

    [Fact]
    public async Task A_cosignature_of_another_head_or_by_another_key_does_not_count()
    {
        WitnessAnswer of4 = await Client().SubmitAsync(_log.Subject(4), default);
        using var http = new HttpClient(new Fixed(HttpStatusCode.OK, of4.Cosignature + "\n"))
        {
            BaseAddress = new Uri("http://witness.example/"),
        };
        var client = Client(http);
        WitnessAnswer answer = await client.SubmitAsync(_log.Subject(5), default);
        Assert.Equal(WitnessOutcome.Misbehaved, answer.Outcome);
        answer = await client.SubmitAsync(_log.Subject(4), default);
        Assert.Equal(WitnessOutcome.Cosigned, answer.Outcome);
    }

    private WitnessClient Client(HttpClient? http = null, TimeSpan? patience = null) => new(
        http ?? _witness.Http,
        _witness.Witness.Key.Verifier,
        patience ?? TimeSpan.FromMinutes(1),
        TimeProvider.System);

    private async Task CosignedAsync(WitnessClient client, ulong size)
    {
        WitnessAnswer answer = await client.SubmitAsync(_log.Subject(size), default);
        Assert.Equal((WitnessOutcome.Cosigned, ""), (answer.Outcome, answer.Reason));
        _witness.CosignedAt(_log, size, answer.Cosignature + "\n");
    }

    private sealed class Silent : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return new HttpResponseMessage();
        }
    }

    private sealed class Fixed(HttpStatusCode status, string text) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(text) });
    }
}
