using System.Globalization;
using System.Text.Json;
using Sequencer.Attestation.Verification;
using Xunit.Abstractions;

namespace Sequencer.EndToEnd.Tests;

/// <summary>
/// kill -9 in a loop under load: nothing acknowledged is lost, no number is used twice, none is
/// skipped. Callers ask again with the same idempotency key until they are answered, so that in the
/// end every number must be an entry of theirs, once, or the statement of an epoch.
/// </summary>
/// <remarks><c>SEQUENCER_KILL_ROUNDS</c> says how many rounds each kind has (make test-crash).
/// </remarks>
public class KillTests(ITestOutputHelper output)
{
    // So few that every round takes some, and most kills come between one and its content.
    private const int SnapshotRecords = 50;
    private const int Writers = 16;
    private const int DefaultRounds = 3;
    private const int EntriesBetweenMax = 150;
    private const int StartKilledAfterMsMax = 1500;

    public enum Victim
    {
        Gateway,
        Enclave,
        Both,

        /// <summary>Another by chance in each round; and gateways also while they start.</summary>
        Any,
    }

    [Theory]
    [InlineData(Victim.Gateway)]
    [InlineData(Victim.Enclave)]
    [InlineData(Victim.Both)]
    [InlineData(Victim.Any)]
    public async Task What_was_acknowledged_survives_kill_9(Victim victim)
    {
        int rounds = NumberFrom("SEQUENCER_KILL_ROUNDS") ?? DefaultRounds;
        int seed = NumberFrom("SEQUENCER_SEED") ?? Random.Shared.Next();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"SEQUENCER_SEED={seed}"));
        var random = new Random(seed);
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync(
            snapshotRecords: SnapshotRecords);
        LogVerifier verifier = await sequencer.WritePolicyAsync();

        await using var load = new Load(sequencer.Http, Writers);
        for (int round = 0; round < rounds; round++)
        {
            // In the middle of a load that is known to flow.
            await load.UntilMoreAsync(random.Next(1, EntriesBetweenMax));
            await KillAsync(sequencer, victim, random);
        }
        await load.UntilMoreAsync(EntriesBetweenMax);
        Acknowledged[] kept = await load.FinishAsync();
        await AssertExactlyOnceAsync(sequencer, kept, victim, rounds);
        Parallel.ForEach(kept, one => one.AssertVerifies(verifier));
        foreach (string log in (string[])[sequencer.Url.ToString(), sequencer.DataDirectory])
        {
            (int code, string text) = await sequencer.RunAsync(
                "audit", log, "--policy", sequencer.PolicyFile);
            Assert.True(code == 0, text);
        }
    }

    private static async Task KillAsync(
        RunningSequencer sequencer, Victim victim, Random random)
    {
        bool isAny = victim == Victim.Any;
        if (isAny) victim = (Victim)random.Next((int)Victim.Any);
        if (victim is Victim.Enclave)
        {
            // The gateway notices, starts another, and the callers go on.
            sequencer.KillEnclave();
            return;
        }
        await sequencer.KillGatewayAsync();
        if (victim is Victim.Both) sequencer.KillEnclave();
        while (isAny && random.Next(2) == 0)
        {
            sequencer.StartGateway();
            await Task.Delay(random.Next(StartKilledAfterMsMax));
            await sequencer.KillGatewayAsync();
        }
        await sequencer.StartGatewayAsync();
    }

    private async Task AssertExactlyOnceAsync(
        RunningSequencer sequencer, Acknowledged[] kept, Victim victim, int rounds)
    {
        int lost = 0;
        await Parallel.ForEachAsync(kept, async (one, _) =>
        {
            if (!await one.IsServedAsync(sequencer.Http)) Interlocked.Increment(ref lost);
        });
        using JsonDocument answer = JsonDocument.Parse(
            await sequencer.Http.GetStringAsync("/v1/epochs"));
        HashSet<ulong> known = [.. kept.Select(one => one.Number)];
        int duplicated = kept.Length - known.Count;
        JsonElement epochs = answer.RootElement.GetProperty("epochs");
        known.UnionWith(epochs.EnumerateArray().Select(e => e.GetProperty("number").GetUInt64()));
        string checkpoint = await sequencer.Http.GetStringAsync("/v1/checkpoint");
        long size = long.Parse(checkpoint.Split('\n')[1], CultureInfo.InvariantCulture);
        int snapshots = 0;
        int strange = 0;
        for (ulong number = 0; number < (ulong)size; number++)
        {
            if (known.Contains(number)) continue;
            using JsonDocument other = JsonDocument.Parse(
                await sequencer.Http.GetStringAsync($"/v1/entries/{number}"));
            if (other.RootElement.GetProperty("kind").ValueEquals("snapshot")) snapshots++;
            else strange++;
        }
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"killed {victim}: rounds {rounds}, acknowledged {kept.Length}, lost {lost}, "
            + $"duplicated {duplicated}, numbers of nobody {strange}, "
            + $"epochs {epochs.GetArrayLength()}, snapshots {snapshots}, size {size}"));
        Assert.Equal(0, lost);
        Assert.Equal(0, duplicated);
        Assert.Equal(0, strange);
    }

    private static int? NumberFrom(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : null;
}
