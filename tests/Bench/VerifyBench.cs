using System.Diagnostics;
using System.Globalization;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Bench;

/// <summary>
/// What a verifier pays, on the worked example of docs/PROTOCOL.md: a whole receipt, its head alone
/// (attestation and both signatures), and a receipt under a head verified before. One thread.
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
        if (!Receipt.TryDecode(bytes, out Receipt? receipt, out _)
            || !verifier.VerifyHead(receipt.Checkpoint, receipt.Epoch).TryGet(out VerifiedHead? head))
        {
            throw new InvalidOperationException("The worked example does not verify.");
        }
        Console.WriteLine($"{"median of 3 runs",-44}{"us each",12}");
        Measure("receipt, from bytes", 500, () => verifier.VerifyReceipt(bytes).IsGood);
        Measure(
            "head alone", 500, () => verifier.VerifyHead(receipt.Checkpoint, receipt.Epoch).IsGood);
        Measure("receipt under a verified head, from bytes", 20_000, () =>
            Receipt.TryDecode(bytes, out Receipt? read, out _) && verifier.VerifyUnder(head, read).IsGood);
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
