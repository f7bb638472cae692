using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Sequencer.Attestation.Verification;
using Xunit.Abstractions;

namespace Sequencer.EndToEnd.Tests;

/// <summary>An orderly end under load: nobody is told anything that is not so.</summary>
public class ShutdownTests(ITestOutputHelper output)
{
    private const int Callers = 16;
    private const int EntriesBefore = 200;

    [Fact]
    public async Task Sigterm_finishes_what_has_arrived_and_refuses_the_rest()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        LogVerifier verifier = await sequencer.WritePolicyAsync();
        var kept = new ConcurrentBag<Acknowledged>();
        var statuses = new ConcurrentDictionary<HttpStatusCode, int>();
        int openAnswers = 0;
        Task callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(
            async () =>
            {
                for (int i = 0; ; i++)
                {
                    string entry = string.Create(CultureInfo.InvariantCulture, $"{caller}/{i}");
                    using var content = new StringContent(entry);
                    HttpResponseMessage answer;
                    try
                    {
                        answer = await sequencer.Http.PostAsync("/v1/entries", content);
                    }
                    catch (HttpRequestException)
                    {
                        // Nobody listens any more.
                        return;
                    }
                    using (answer)
                    {
                        statuses.AddOrUpdate(answer.StatusCode, 1, (_, count) => count + 1);
                        if (await Acknowledged.TryReadAsync(answer, entry) is { } one)
                        {
                            kept.Add(one);
                            continue;
                        }
                        string problem = await answer.Content.ReadAsStringAsync();
                        Assert.Contains("shutting-down", problem, StringComparison.Ordinal);
                        if (answer.Headers.ConnectionClose != true) openAnswers++;
                    }
                }
            })));
        while (kept.Count < EntriesBefore) await Task.Delay(5);
        int code = await sequencer.StopGatewayAsync();
        await callers.WaitAsync(TimeSpan.FromMinutes(1));

        output.WriteLine($"acknowledged {kept.Count}; " + string.Join(", ", statuses));
        Assert.Equal(0, code);
        Assert.Equal(0, openAnswers);
        Assert.Empty(statuses.Keys.Except(
            [HttpStatusCode.Created, HttpStatusCode.ServiceUnavailable]));
        Assert.Contains("What had arrived is finished.", sequencer.Output(), StringComparison.Ordinal);
        await sequencer.StartGatewayAsync();
        foreach (Acknowledged one in kept)
        {
            one.AssertVerifies(verifier);
            Assert.True(await one.IsServedAsync(sequencer.Http));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_cannot_be_finished_is_cut_by_the_limit_or_a_second_signal(bool isAskedTwice)
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        Acknowledged? kept = await Acknowledged.TrySubmitAsync(sequencer.Http, "kept");
        Assert.NotNull(kept);
        await sequencer.StopGatewayAsync();
        sequencer.KillEnclave();
        sequencer.ShutdownSeconds = isAskedTwice ? 600 : 2;
        await sequencer.StartGatewayAsync();

        // An enclave that stands still answers nothing, and what has arrived waits for it.
        await sequencer.SignalEnclaveAsync("STOP");
        Task<Acknowledged?> waiting = Acknowledged.TrySubmitAsync(sequencer.Http, "waits");
        while (!(await sequencer.Http.GetStringAsync("/metrics"))
            .Contains("\nsequencer_queue_entries 1\n", StringComparison.Ordinal))
        {
            await Task.Delay(5);
        }
        await sequencer.SignalAsync("TERM");
        await sequencer.UntilProblemAsync("shutting-down");
        Assert.True(await kept.IsServedAsync(sequencer.Http));
        if (isAskedTwice) await sequencer.SignalAsync("TERM");
        Assert.Equal(1, await sequencer.UntilGatewayEndsAsync());
        Assert.Null(await waiting);

        sequencer.KillEnclave();
        await sequencer.StartGatewayAsync();
        Assert.True(await kept.IsServedAsync(sequencer.Http));
    }
}
