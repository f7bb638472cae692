using System.Diagnostics;
using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>The gateway over vsock.</summary>
public sealed class ParentTests(ITestOutputHelper output)
{
    [EmulatedFact]
    public async Task A_gateway_appends_over_vsock_and_goes_on_with_the_next_enclave()
    {
        await using ParentAndEnclave machines = await ParentAndEnclave.StartAsync("append");
        ParentConsole console = machines.Console;
        await machines.StartEnclaveAsync(Built.Image);
        await console.UntilAsync("parent: end the enclave");
        machines.HaltEnclave();
        long since = Stopwatch.GetTimestamp();
        string noticed = await console.UntilAsync("Not appending: ");
        Say($"the enclave's end noticed after {Seconds(since)}: {noticed}");

        TimeSpan booted = await machines.NextEnclaveAsync(Built.Image);
        Say($"the next enclave answers {booted.TotalSeconds:0.0} s after its start");
        since = Stopwatch.GetTimestamp();
        await console.UntilAsync("epoch 1, size ");
        Say($"appending again {Seconds(since)} after that");
        await console.UntilAsync("parent: done");

        AssertSaid(console);
        AssertReceiptVerifies(console, machines.Root);
    }

    private void AssertSaid(ParentConsole console)
    {
        string[] said = [.. console.Lines.Where(line => IsOf(line, ""))];
        foreach (string line in said)
        {
            if (!IsOf(line, "receipt")) output.WriteLine(line);
        }
        Assert.Contains(said, line => IsOf(line, "heartbeat b7 from vsock 16:"));
        Assert.Contains(
            "parent: vsock:77:5005 refused: CID 77 does not answer: the enclave has ended, "
            + "or hangs",
            said);
        Assert.Contains(
            "parent: vsock:16:4999 refused: the enclave with CID 16 runs, but nothing in it listens "
            + "on port 4999: it may still be starting, or its port is another",
            said);
        // Leaf 0 is the first epoch's statement, and the second's lies between.
        Assert.Contains("parent: appended 2000 as 1 to 2000, without a gap", said);
        Assert.Contains("parent: appended 200 as 2002 to 2201, without a gap", said);

        static bool IsOf(string line, string words) =>
            line.StartsWith($"parent: {words}", StringComparison.Ordinal);
    }

    // Nothing but the image's measurements, the root, and what came over the console.
    private void AssertReceiptVerifies(ParentConsole console, byte[] root)
    {
        Assert.True(
            TrustedImages.TryParse(
                File.ReadAllBytes(Built.Measurements), out TrustedImages? image, out string? fault),
            fault);
        var images = new TrustedImages(
            image!.Measurements, [TrustedRoot.InsecureDevelopmentRoot(root)]);
        VerificationReport<VerifiedEntry> report = LogVerifier.VerifyReceipt(
            images,
            console.PrintedReceipt,
            PayloadClaim.Of(Encoding.ASCII.GetBytes("second 199")));
        Assert.True(
            report.TryGet(out VerifiedEntry? entry),
            string.Join('\n', report.Faults.Select(fault => fault.Sentence)));
        output.WriteLine($"the receipt of entry {entry!.Number} verifies");
        Assert.InRange(entry.Number, 2002ul, 2201ul);
    }

    private void Say(FormattableString text) => output.WriteLine(FormattableString.Invariant(text));

    private static string Seconds(long since) => FormattableString.Invariant(
        $"{Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
}
