using System.Diagnostics;
using System.Globalization;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>What a verifier pays, on the worked example of docs/PROTOCOL.md.</summary>
internal sealed class VerifyPart : IPart
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(0.6);

    public string Id => "verify";

    public string Title => "verifying, one thread";

    public string Method =>
        "the receipt of docs/PROTOCOL.md's worked example, from its bytes where it says receipt; "
        + "cold and "
        + "attestation: down to the root, by a verifier that was just made";

    public Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        (string Name, Func<bool> Verify)[] kinds = Kinds();
        var samples = new Samples();
        foreach ((_, Func<bool> verify) in kinds) Count(verify, WarmUp);
        for (int run = 0; run < runs; run++)
        {
            foreach ((string name, Func<bool> verify) in kinds)
            {
                cancellationToken.ThrowIfCancellationRequested();
                double rate = Count(verify, Measured);
                samples.Add(
                    name, "checks/s", rate, isHeadline: true, new Detail("time", "us", 1e6 / rate));
                progress(string.Create(
                    CultureInfo.InvariantCulture, $"{name}: {rate:N0} a second"));
            }
        }
        return Task.FromResult(samples.Figures());
    }

    private static (string Name, Func<bool> Verify)[] Kinds()
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "golden");
        byte[] policy = File.ReadAllBytes(Path.Combine(golden, "trust-policy.json"));
        byte[] bytes = File.ReadAllBytes(Path.Combine(golden, "receipt-2.json"));
        LogVerifier verifier = NewVerifier(policy);
        if (!Receipt.TryDecode(bytes, out Receipt? receipt, out _)
            || !verifier.VerifyHead(receipt.Checkpoint, receipt.Epoch).TryGet(out VerifiedHead? head)
            || !verifier.VerifyEpoch(receipt.Epoch.Statement, receipt.Epoch.Document)
                .TryGet(out AttestedEpoch? epoch))
        {
            throw new PeerException("The worked example does not verify.");
        }
        return
        [
            ("receipt, cold", () => NewVerifier(policy).VerifyReceipt(bytes).IsGood),
            ("receipt, under a verified head", () =>
                Receipt.TryDecode(bytes, out Receipt? read, out _)
                && verifier.VerifyUnder(head, read).IsGood),
            ("head, under a verified epoch",
                () => verifier.VerifySigned(epoch, receipt.Checkpoint).IsGood),
            ("attestation of an epoch", () => NewVerifier(policy)
                .VerifyEpoch(receipt.Epoch.Statement, receipt.Epoch.Document).IsGood),
        ];
    }

    // One that has seen nothing yet: a verifier remembers documents and heads that held.
    private static LogVerifier NewVerifier(byte[] policy) =>
        TrustPolicy.TryParse(policy, out TrustPolicy? parsed, out string? fault)
            ? new LogVerifier(parsed)
            : throw new PeerException(fault);

    /// <summary>How many a second.</summary>
    private static double Count(Func<bool> verify, TimeSpan duration)
    {
        long count = 0;
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            if (!verify()) throw new PeerException("The worked example is refused.");
            count++;
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < duration);
        return count / elapsed.TotalSeconds;
    }
}
