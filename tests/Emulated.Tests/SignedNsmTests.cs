using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Emulator.Nsm;
using Xunit.Abstractions;
using static Sequencer.Emulated.Tests.RelayedNsm;

namespace Sequencer.Emulated.Tests;

/// <summary>The emulator's NSM through Linux's driver.</summary>
public class SignedNsmTests(ITestOutputHelper output)
{
    [EmulatedFact]
    public async Task Documents_verify_down_to_the_development_root()
    {
        await using RelayedNsm nsm = await StartAsync(output, options => options);
        byte[] nonce = new byte[40];
        Random.Shared.NextBytes(nonce);
        for (int i = 0; i < 20; i++)
        {
            AttestationResult<VerifiedAttestation> result = Verify(nsm.Attest(nonce), nsm.RootFile);
            Assert.True(
                result.TryGet(out VerifiedAttestation? verified, out AttestationRefusal? refusal),
                $"{refusal}");
            Assert.Equal(nonce, verified!.Nonce!.Value.ToArray());
        }
    }

    [EmulatedFact]
    public async Task PCRs_are_extended_and_locked_and_then_refuse()
    {
        await using RelayedNsm nsm = await StartAsync(output, options => options);
        Assert.Equal(256, nsm.Field(Name("GetRandom"), "GetRandom", "random").Length);
        Assert.Equal(new byte[48], nsm.Pcr(16));
        Assert.Equal("InvalidIndex", nsm.Error(Call("DescribePCR", "index", 32)));
        Assert.Equal("ReadOnlyIndex", nsm.Error(Call("LockPCR", "index", 0)));
        Assert.Equal(Name("LockPCR"), nsm.Ask(Call("LockPCR", "index", 16)));
        Assert.Equal("ReadOnlyIndex", nsm.Error(Call("LockPCR", "index", 16)));
        Assert.Equal(Name("LockPCRs"), nsm.Ask(Call("LockPCRs", "range", 32)));
        Assert.Equal("InvalidOperation", nsm.Error(Name("Nonsense")));
        // The driver itself takes no request above 4096 bytes.
        Assert.Empty(nsm.Ask(new byte[4097]));
        Assert.Equal("InvalidOperation", nsm.Error(new byte[4096]));
    }

    [EmulatedFact]
    public async Task In_debug_mode_the_image_is_not_measured()
    {
        await using RelayedNsm nsm =
            await StartAsync(output, options => options with { IsDebugMode = true });
        foreach (int index in (int[])[0, 1, 2, 8]) Assert.Equal(new byte[48], nsm.Pcr(index));
        Assert.False(Verify(nsm.Attest(), nsm.RootFile).TryGet(out _, out AttestationRefusal? why));
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
