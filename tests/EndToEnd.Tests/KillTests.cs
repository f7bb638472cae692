using System.Collections.Concurrent;
using System.Globalization;
using Sequencer.Attestation.Verification;
using Xunit.Abstractions;

namespace Sequencer.EndToEnd.Tests;

/// <summary>kill -9 under load: nothing acknowledged is lost, no number is used twice.</summary>
public class KillTests(ITestOutputHelper output)
{
    private const int Writers = 16;

    public enum Victim
    {
        Gateway,
        Enclave,
        Both,
    }

    [Theory]
    [InlineData(Victim.Gateway)]
    [InlineData(Victim.Enclave)]
    [InlineData(Victim.Both)]
    public async Task What_was_acknowledged_survives_kill_9(Victim victim)
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        LogVerifier verifier = await sequencer.WritePolicyAsync();
        var kept = new ConcurrentBag<Acknowledged>();

        const int Rounds = 4;
        for (int round = 0; round < Rounds; round++)
        {
            using var stop = new CancellationTokenSource();
            int before = kept.Count;
            int thisRound = round;
            Task[] writers =
            [
                .. Enumerable.Range(0, Writers).Select(w => Task.Run(() =>
                    WriteAsync(sequencer, kept, $"{thisRound}/{w}", stop.Token))),
            ];
            // Kill in the middle of a load that is known to flow.
            await UntilAsync(() => kept.Count >= before + 200);
            if (victim is Victim.Gateway or Victim.Both) await sequencer.KillGatewayAsync();
            if (victim is Victim.Enclave or Victim.Both) sequencer.KillEnclave();
            if (victim is Victim.Gateway or Victim.Both)
            {
                await stop.CancelAsync();
                await Task.WhenAll(writers);
                await sequencer.StartGatewayAsync();
            }
            else
            {
                // The gateway notices, restarts its enclave, and the writers go on.
                int atKill = kept.Count;
                await UntilAsync(() => kept.Count >= atKill + 200);
                await stop.CancelAsync();
                await Task.WhenAll(writers);
            }
        }

        Acknowledged[] all = [.. kept.OrderBy(one => one.Number)];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{victim}: {Rounds} kills, {all.Length} acknowledged, last number {all[^1].Number}"));
        Assert.Equal(all.Length, all.Select(one => one.Number).Distinct().Count());
        Parallel.ForEach(all, one => one.AssertVerifies(verifier));
        foreach (Acknowledged one in all) await one.AssertServedAsync(sequencer.Http);
        (int code, string text) = await sequencer.RunAsync(
            "audit", sequencer.Url.ToString(), "--policy", sequencer.PolicyFile);
        Assert.True(code == 0, text);
    }

    private static async Task WriteAsync(
        RunningSequencer sequencer, ConcurrentBag<Acknowledged> kept, string name, CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            Acknowledged? one = await Acknowledged.TrySubmitAsync(sequencer.Http, $"{name}/{i}");
            if (one is not null) kept.Add(one);
            else await Task.Delay(20, CancellationToken.None);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 3000 && !condition(); i++) await Task.Delay(20);
        Assert.True(condition(), "The load does not flow.");
    }
}
