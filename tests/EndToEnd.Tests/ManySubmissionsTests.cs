using System.Collections.Concurrent;
using Sequencer.Attestation.Verification;

namespace Sequencer.EndToEnd.Tests;

/// <summary>Ten thousand submissions at once, checked from outside.</summary>
public class ManySubmissionsTests
{
    private const int Submissions = 10_000;

    [Fact]
    public async Task Ten_thousand_at_once_get_gapless_numbers_and_receipts_that_verify()
    {
        await using RunningSequencer sequencer = await RunningSequencer.StartAsync();
        LogVerifier verifier = await sequencer.WritePolicyAsync();
        var kept = new ConcurrentBag<Acknowledged>();

        await Task.WhenAll(Enumerable.Range(0, Submissions).Select(async i =>
        {
            Acknowledged? one = await Acknowledged.TrySubmitAsync(sequencer.Http, $"entry {i}");
            if (one is not null) kept.Add(one);
        }));

        // Leaf 0 is the genesis statement; the entries are 1 to 10,000, each number once.
        Assert.Equal(
            Enumerable.Range(1, Submissions).Select(i => (ulong)i),
            kept.Select(one => one.Number).Order());
        Parallel.ForEach(kept, one => one.AssertVerifies(verifier));

        (int code, string output) = await sequencer.RunAsync(
            "audit", sequencer.Url.ToString(), "--policy", sequencer.PolicyFile);
        Assert.True(code == 0, output);
        (code, output) = await sequencer.RunAsync(
            "audit", sequencer.DataDirectory, "--policy", sequencer.PolicyFile);
        Assert.True(code == 0, output);
    }
}
