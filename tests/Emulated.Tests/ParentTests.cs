using System.Diagnostics;
using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Emulator.Machine;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// A gateway in a machine of its own beside the production image's, as on an EC2 instance: between
/// them is vsock alone, with Linux's own driver at both ends.
/// </summary>
public sealed class ParentTests(ITestOutputHelper output) : IDisposable
{
    private const uint ParentCid = 3;

    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("seq-").FullName;
    private readonly ParentConsole _console = new();

    private string RootDirectory => Path.Combine(_folder, "nsm");

    [EmulatedFact]
    public async Task A_gateway_appends_over_vsock_and_goes_on_with_the_next_enclave()
    {
        VsockGuest parentPlace = Place("parent", ParentCid);
        VsockGuest enclavePlace = Place("enclave", VsockGuest.EnclaveCid);
        await using VsockDaemon vsock = await VsockDaemon.StartAsync(
            EnclaveTools.Find(Built.Tools), [parentPlace, enclavePlace], _console.Add);
        await using EmulatedEnclave parent = await StartAsync(
            "parent", Built.Parent, parentPlace, memoryMiB: 1024, _console.Add);
        await _console.UntilAsync("parent: waits for the heartbeat");
        long since;
        await using (EmulatedEnclave first = await StartAsync("first", Built.Image, enclavePlace))
        {
            await _console.UntilAsync("parent: end the enclave");
            // To the parent it ends here: vsock tells nobody of a machine that is gone.
            Halting.Halt(first);
            since = Stopwatch.GetTimestamp();
            string noticed = await _console.UntilAsync("Not appending: ");
            Say($"the enclave's end noticed after {Seconds(since)}: {noticed}");

            // The gateway goes on asking. The device, though, never serves a machine any more for
            // which it had a packet before the machine was there: so the parent stands still.
            Halting.Halt(parent);
            // The device makes this socket again when it waits for the next machine.
            File.Delete(enclavePlace.Device);
        }
        await vsock.UntilWaitingAsync(enclavePlace);
        await using EmulatedEnclave second =
            await StartAsync("second", Built.Image, enclavePlace);
        TimeSpan booted = await second.UntilAnsweringAsync(BootPatience, CancellationToken.None);
        Say($"the next enclave answers {booted.TotalSeconds:0.0} s after its start");
        since = Stopwatch.GetTimestamp();
        Halting.Continue(parent);
        await _console.UntilAsync("epoch 1, size ");
        Say($"appending again {Seconds(since)} after that");
        await _console.UntilAsync("parent: done");

        AssertSaid();
        AssertReceiptVerifies();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void AssertSaid()
    {
        string[] said = [.. _console.Lines.Where(line => IsOf(line, ""))];
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
    private void AssertReceiptVerifies()
    {
        byte[] root = File.ReadAllBytes(Path.Combine(RootDirectory, "development-root.der"));
        Assert.True(
            TrustedImages.TryParse(
                File.ReadAllBytes(Built.Measurements), out TrustedImages? image, out string? fault),
            fault);
        var images = new TrustedImages(
            image!.Measurements, [TrustedRoot.InsecureDevelopmentRoot(root)]);
        VerificationReport<VerifiedEntry> report = LogVerifier.VerifyReceipt(
            images,
            _console.PrintedReceipt,
            PayloadClaim.Of(Encoding.ASCII.GetBytes("second 199")));
        Assert.True(
            report.TryGet(out VerifiedEntry? entry),
            string.Join('\n', report.Faults.Select(fault => fault.Sentence)));
        output.WriteLine($"the receipt of entry {entry!.Number} verifies");
        Assert.InRange(entry.Number, 2002ul, 2201ul);
    }

    private VsockGuest Place(string name, uint cid) => new(
        cid, Path.Combine(_folder, $"{name}.device"), Path.Combine(_folder, $"{name}.vsock"));

    // The parent gets an NSM as well, which it does not ask.
    private Task<EmulatedEnclave> StartAsync(
        string name,
        string image,
        VsockGuest place,
        int memoryMiB = 512,
        Action<string>? onLine = null) =>
        EmulatedEnclave.StartAsync(
            new EmulatorOptions
            {
                ImageFile = image,
                SocketDirectory = Path.Combine(_folder, name),
                RootDirectory = RootDirectory,
                ToolsDirectory = Built.Tools,
                MemoryMiB = memoryMiB,
            },
            place,
            onLine ?? (_ => { }),
            CancellationToken.None);

    private void Say(FormattableString text) => output.WriteLine(FormattableString.Invariant(text));

    private static string Seconds(long since) => FormattableString.Invariant(
        $"{Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
}
