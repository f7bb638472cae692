using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Settings;

namespace Sequencer.Sealing.Tests;

/// <summary>What the identity is for: a log behind a witness that knows no epochs.</summary>
public class StockWitnessTests
{
    [Fact]
    public async Task A_witness_that_knows_one_key_cosigns_two_epochs_behind_the_fence()
    {
        await using StockWitness witness = await StockWitness.StartAsync();
        await using SealedLogFixture log = await SealedLogFixture.StartAsync(
            settings => Witnessed(settings, witness.Policy));
        log.StartEnclave();
        await log.WaitForReasonAsync("witnesses-behind");
        // Its operator is given the one key.
        Assert.True(VerifierKey.TryCreate(
            SealedLogFixture.Origin, NoteSignatureType.Ed25519, log.PublicKey(),
            out VerifierKey? key, out _));
        witness.Watch(key);
        await log.Gateway.WaitForReadinessAsync();
        Assert.Equal(1, await log.AppendAsync("one"));

        await log.RestartEnclaveAsync();
        await log.WaitForEpochAsync(1);
        await log.Gateway.WaitForReadinessAsync();
        Assert.Equal(3, await log.AppendAsync("two"));
        Assert.True(witness.Size >= 3);
        // The identity's line and the witness's are under the head that readers get.
        SignedNote note = await log.CheckpointAsync();
        Assert.Equal(4, note.Signatures.Count);
        Assert.Equal(key.KeyId, note.Signatures[2].KeyId);
        await log.Gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
    }

    private static GatewaySettings Witnessed(GatewaySettings settings, string text)
    {
        Assert.True(WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out _));
        Assert.True(WitnessRequirement.TryCreate(policy, 8192, 600, out var required));
        Assert.True(LogConfiguration.TryCreate(
            SealedLogFixture.Origin, 100, 1000, settings.Log.IdentityKey, required,
            out LogConfiguration? configuration));
        return settings with
        {
            Log = configuration,
            Witnesses = new WitnessSettings(
                policy.Witnesses, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(20)),
        };
    }
}
