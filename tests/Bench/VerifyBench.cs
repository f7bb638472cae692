using System.Diagnostics;
using System.Globalization;
using Sequencer.Attestation.Verification;

namespace Sequencer.Bench;

/// <summary>
/// What a verifier pays, on the worked example of docs/PROTOCOL.md, for a receipt of which nothing
/// is known, one under a new head of a known epoch, and one under a known head. One thread.
/// </summary>
internal static class VerifyBench
{
    private const int WarmUp = 200;
    private const int Rounds = 3;

    public static void Run()
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "golden");
        if (!TrustPolicy.TryParse(
                File.ReadAllBytes(Path.Combine(golden, "trust-policy.json")),
                out TrustPolicy? policy,
                out string? fault))
        {
            throw new InvalidOperationException(fault);
        }
        byte[] bytes = File.ReadAllBytes(Path.Combine(golden, "receipt-2.json"));
        var verifier = new LogVerifier(policy);
        Console.WriteLine($"{"median of 3 runs, from bytes",-44}{"us each",12}");
        // A policy remembers epochs and a verifier its last head: new ones know nothing.
        Measure("receipt", 500, () => new LogVerifier(new TrustPolicy(
            policy.LogId, policy.Configuration, policy.Measurements, policy.Roots))
            .VerifyReceipt(bytes).IsGood);
        Measure("receipt, epoch known", 10_000, () =>
            new LogVerifier(policy).VerifyReceipt(bytes).IsGood);
        Measure("receipt, head known", 100_000, () => verifier.VerifyReceipt(bytes).IsGood);
    }

    private static void Measure(string name, int count, Func<bool> verify)
    {
        for (int i = 0; i < WarmUp; i++) verify();
        var micros = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < count; i++)
            {
                if (!verify()) throw new InvalidOperationException($"{name}: refused.");
            }
            micros[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;
        }
        Array.Sort(micros);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-44}{micros[1],12:F1}"));
    }
}
