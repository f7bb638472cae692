using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Emulator.Nsm;
using Sequencer.Enclave.Host;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>The emulator's NSM through Linux's driver.</summary>
public class SignedNsmTests(ITestOutputHelper output)
{
    [EmulatedFact]
    public async Task Documents_verify_down_to_the_development_root()
    {
        await using RelayedNsm nsm = await RelayedNsm.StartAsync(output, options => options);
        byte[] nonce = new byte[40];
        Random.Shared.NextBytes(nonce);
        for (int i = 0; i < 20; i++)
        {
            AttestationResult<VerifiedAttestation> result =
                Verify(nsm.Device.Attest(new NsmOptions { Nonce = nonce }), nsm.RootFile);
            Assert.True(
                result.TryGet(out VerifiedAttestation? verified, out AttestationRefusal? refusal),
                $"{refusal}");
            Assert.Equal(nonce, verified!.Nonce!.Value.ToArray());
        }
    }

    [EmulatedFact]
    public async Task In_debug_mode_the_image_is_not_measured()
    {
        await using RelayedNsm nsm =
            await RelayedNsm.StartAsync(output, options => options with { IsDebugMode = true });
        foreach (ushort index in (ushort[])[0, 1, 2, 8])
        {
            Assert.Equal(new byte[48], nsm.Device.DescribePcr(index).Value);
        }
        Assert.False(Verify(nsm.Device.Attest(default), nsm.RootFile)
            .TryGet(out _, out AttestationRefusal? why));
        Assert.Equal(AttestationRule.DebugMode, why.Rule);
    }

    private static AttestationResult<VerifiedAttestation> Verify(byte[] document, string rootFile)
    {
        IReadOnlyDictionary<int, byte[]> pcrs =
            GuestMeasurements.Of(ImageFile.Read(Built.Relay), null, null, false);
        return NitroAttestationVerifier.Verify(
            document,
            new PcrPolicy(new MeasurementSet("relay", pcrs[0], pcrs[1], pcrs[2])),
            TrustedRoot.InsecureDevelopmentRoot(File.ReadAllBytes(rootFile)),
            new Freshness.LiveAge(TimeSpan.FromMinutes(1), DateTimeOffset.UtcNow));
    }
}
