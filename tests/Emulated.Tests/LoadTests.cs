using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Sequencer.Attestation.Verification;
using Sequencer.EndToEnd.Tests;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>The production image under load, and killed under load.</summary>
public class LoadTests(ITestOutputHelper output)
{
    private const int Writers = 64;
    private const int Entries = 100_000;

    [EmulatedFact]
    public async Task A_hundred_thousand_entries_are_appended_without_an_error()
    {
        await using RunningSequencer sequencer =
            await RunningSequencer.StartAsync(folder => EmulatedLaunch.In(folder));
        await sequencer.WritePolicyAsync("--measurements", Built.Measurements);
        var latencies = new ConcurrentBag<double>();
        var numbers = new ConcurrentBag<ulong>();
        int next = 0;
        long since = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= Entries;)
            {
                long sent = Stopwatch.GetTimestamp();
                using var body = new StringContent($"entry {i}");
                using HttpResponseMessage answer =
                    await sequencer.Http.PostAsync("/v1/entries?receipt=ref", body);
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                answer.EnsureSuccessStatusCode();
                using JsonDocument json =
                    await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
                numbers.Add(json.RootElement.GetProperty("number").GetUInt64());
            }
        })));
        TimeSpan took = Stopwatch.GetElapsedTime(since);

        double[] sorted = [.. latencies.Order()];
        output.WriteLine(FormattableString.Invariant(
            $"{Entries} entries, {Writers} writers: {Entries / took.TotalSeconds:0} a second"));
        output.WriteLine(FormattableString.Invariant(
            $"latency in ms: median {sorted[Entries / 2]:0.0}, p99 {sorted[Entries / 100 * 99]:0.0}, longest {sorted[^1]:0.0}"));
        // Leaf 0 is the genesis statement; each number once.
        Assert.Equal(Enumerable.Range(1, Entries).Select(i => (ulong)i), numbers.Order());
        (int code, string said) = await sequencer.RunAsync(
            "audit", sequencer.DataDirectory, "--policy", sequencer.PolicyFile);
        Assert.True(code == 0, said);
    }

    [EmulatedFact]
    public async Task A_machine_that_is_killed_under_load_boots_again_and_the_log_goes_on()
    {
        await using RunningSequencer sequencer =
            await RunningSequencer.StartAsync(folder => EmulatedLaunch.In(folder));
        LogVerifier verifier =
            await sequencer.WritePolicyAsync("--measurements", Built.Measurements);
        var kept = new ConcurrentBag<Acknowledged>();
        using var stop = new CancellationTokenSource();
        Task[] writers =
        [
            .. Enumerable.Range(0, 16).Select(w => Task.Run(async () =>
            {
                for (int i = 0; !stop.IsCancellationRequested; i++)
                {
                    Acknowledged? one =
                        await Acknowledged.TrySubmitAsync(sequencer.Http, $"{w}/{i}");
                    if (one is not null) kept.Add(one);
                    else await Task.Delay(100, CancellationToken.None);
                }
            })),
        ];
        await UntilAsync(() => kept.Count >= 500);
        for (int kill = 0; kill < 2; kill++)
        {
            int atKill = kept.Count;
            long since = Stopwatch.GetTimestamp();
            sequencer.KillEnclave();
            await UntilAsync(() => kept.Count >= atKill + 16);
            output.WriteLine(FormattableString.Invariant(
                $"appending again {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s after kill -9"));
            await UntilAsync(() => kept.Count >= atKill + 500);
        }
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        Acknowledged[] all = [.. kept.OrderBy(one => one.Number)];
        Assert.Equal(all.Length, all.Select(one => one.Number).Distinct().Count());
        Parallel.ForEach(all, one => one.AssertVerifies(verifier));
        foreach (Acknowledged one in all) Assert.True(await one.IsServedAsync(sequencer.Http));
        using JsonDocument epochs =
            JsonDocument.Parse(await sequencer.Http.GetByteArrayAsync("/v1/epochs"));
        Assert.Equal(3, epochs.RootElement.GetProperty("epochs").GetArrayLength());
        (int code, string said) = await sequencer.RunAsync(
            "audit", sequencer.Url.ToString(), "--policy", sequencer.PolicyFile);
        Assert.True(code == 0, said);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1800 && !condition(); i++) await Task.Delay(100);
        Assert.True(condition(), "The load does not flow.");
    }
}
