using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Emulator.Nsm;
using Sequencer.Enclave.Image.Eif;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>QEMU measures an image by itself; this project's computation says the same.</summary>
public class MeasurementTests(ITestOutputHelper output)
{
    private const string Role = "arn:aws:iam::123456789012:role/sequencer";
    private const string Instance = "i-0123456789abcdef0";

    private static readonly int[] Measured = [0, 1, 2, 3, 4, 8];

    [EmulatedFact]
    public async Task QEMU_measures_a_signed_image_as_this_project_does()
    {
        await using RelayedNsm nsm = await RelayedNsm.StartAsync(output, options => options with
        {
            Route = AttestationRoute.Unsigned,
            RoleArn = Role,
            InstanceId = Instance,
        });
        IReadOnlyDictionary<int, byte[]> computed = GuestMeasurements.Of(
            ImageFile.Read(Built.Relay), Role, Instance, isDebugMode: false);
        Assert.Equal(Measured, computed.Keys.Order());

        IReadOnlyDictionary<int, byte[]> stated =
            DocumentPayload.Read(nsm.Device.Attest(default)).Pcrs;
        Assert.Equal(16, stated.Count);
        foreach (int index in Measured)
        {
            Assert.Equal(Convert.ToHexString(computed[index]), Convert.ToHexString(stated[index]));
            Assert.Equal(stated[index], nsm.Device.DescribePcr((ushort)index).Value);
        }
        foreach (int index in stated.Keys.Except(Measured)) Assert.Equal(new byte[48], stated[index]);
    }

    [EmulatedFact]
    public async Task The_production_image_starts_before_QEMU_s_own_device()
    {
        string folder = Directory.CreateTempSubdirectory("seq-").FullName;
        var options = new EmulatorOptions
        {
            ImageFile = Built.Image,
            SocketDirectory = folder,
            ToolsDirectory = Built.Tools,
            Route = AttestationRoute.Unsigned,
        };
        await using (EmulatedEnclave enclave =
            await EmulatedEnclave.StartAsync(options, _ => { }, CancellationToken.None))
        {
            TimeSpan took = await enclave.UntilAnsweringAsync(
                TimeSpan.FromSeconds(120), CancellationToken.None);
            output.WriteLine(FormattableString.Invariant(
                $"Unsigned: answered {took.TotalSeconds:0.00} s after its start (production image)"));
            Assert.Contains("32 PCRs, all locked", enclave.ConsoleTail);
        }
        Directory.Delete(folder, recursive: true);
    }

    [EmulatedFact]
    public async Task The_emulator_s_own_device_says_the_same()
    {
        await using RelayedNsm nsm = await RelayedNsm.StartAsync(
            output, options => options with { RoleArn = Role, InstanceId = Instance });
        EifImage image = ImageFile.Read(Built.Relay);
        foreach ((int index, byte[] value) in GuestMeasurements.Of(image, Role, Instance, false))
        {
            Assert.Equal(value, nsm.Device.DescribePcr((ushort)index).Value);
        }
    }

    [EmulatedFact]
    public async Task Documents_that_nobody_signed_are_refused()
    {
        await using RelayedNsm nsm = await RelayedNsm.StartAsync(
            output, options => options with { Route = AttestationRoute.Unsigned });
        EifImage image = ImageFile.Read(Built.Relay);
        IReadOnlyDictionary<int, byte[]> pcrs = GuestMeasurements.Of(image, null, null, false);
        AttestationResult<VerifiedAttestation> result = NitroAttestationVerifier.Verify(
            nsm.Device.Attest(default),
            new PcrPolicy(new MeasurementSet("relay", pcrs[0], pcrs[1], pcrs[2])),
            TrustedRoot.AwsNitroEnclavesG1,
            new Freshness.Archival());
        Assert.False(result.TryGet(out _, out AttestationRefusal? refusal));
        output.WriteLine($"{refusal}");
        Assert.Equal(AttestationRule.ProtectedHeader, refusal.Rule);
    }
}
