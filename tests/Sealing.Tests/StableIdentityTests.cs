using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Sealing.Tests;

/// <summary>A log's stable identity from end to end: enclave, gateway, pipe and KMS.</summary>
public class StableIdentityTests
{
    [Fact]
    public async Task One_key_signs_across_two_epochs_and_a_stock_witness_needs_no_other()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.StartEnclave();
        await log.Gateway.WaitForReadinessAsync();
        byte[] key = log.PublicKey();
        SignedNote first = await log.CheckpointAsync();
        AssertSignedBy(first, key);
        await log.AppendAsync("one");
        AssertSignedBy(await log.CheckpointAsync(), key);

        await log.RestartEnclaveAsync();
        await log.Gateway.WaitForSizeAsync(3);
        await log.Gateway.WaitForReadinessAsync();
        await log.AppendAsync("two");
        SignedNote second = await log.CheckpointAsync();
        AssertSignedBy(second, key);
        Assert.Equal(key, log.PublicKey());
        // The epochs' own keys are others.
        Assert.NotEqual(first.Signatures[0].KeyId, second.Signatures[0].KeyId);
        Assert.NotEqual(first.Signatures[1].KeyId, second.Signatures[1].KeyId);
        Assert.Equal(first.Signatures[2].KeyId, second.Signatures[2].KeyId);
        // Made and tried once, then only opened.
        Assert.Equal(["GenerateDataKey", "Decrypt", "Decrypt"], log.Kms.Asked);
    }

    [Fact]
    public async Task Receipts_and_audits_of_such_a_log_hold_as_those_of_any_other()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.StartEnclave();
        await log.Gateway.WaitForReadinessAsync();
        await log.AppendAsync("one");
        await log.Gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
        await log.Gateway.AuditAsync();
    }

    [Fact]
    public async Task A_gateway_that_starts_again_before_the_same_enclave_keeps_the_same_identity()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.StartEnclave();
        await log.Gateway.WaitForReadinessAsync();
        byte[] kept = await File.ReadAllBytesAsync(log.IdentityPath);
        await log.Gateway.StopAsync();
        await log.Gateway.StartAgainAsync(log.Adjust);
        await log.Gateway.WaitForReadinessAsync();
        Assert.Equal(kept, await File.ReadAllBytesAsync(log.IdentityPath));
        Assert.Equal(2, log.Kms.Asked.Count);
    }

    [Fact]
    public async Task A_log_whose_identity_is_lost_gets_another()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.StartEnclave();
        await log.Gateway.WaitForReadinessAsync();
        byte[] before = log.PublicKey();
        await log.StopEnclaveAsync();
        File.Delete(log.IdentityPath);
        log.StartEnclave();
        await log.Gateway.WaitForSizeAsync(2);
        Assert.NotEqual(before, log.PublicKey());
        AssertSignedBy(await log.CheckpointAsync(), log.PublicKey());
    }

    [Fact]
    public async Task An_image_that_the_key_s_policy_does_not_name_opens_nothing_until_it_does()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        var other = new byte[48];
        Array.Fill(other, (byte)7);
        log.StartEnclave(measurements: Measurements.Default with { Pcr1 = other });
        await log.WaitForReasonAsync("AccessDeniedException: by the stand-in. See to the KMS key");
        Assert.False(File.Exists(log.IdentityPath));
        // The policy is mended; the same enclave goes on.
        log.Kms.Accepted =
            new("other", Measurements.Default.Pcr0, other, Measurements.Default.Pcr2);
        await log.Gateway.WaitForReadinessAsync();
        AssertSignedBy(await log.CheckpointAsync(), log.PublicKey());
    }

    [Fact]
    public async Task A_restart_that_gets_no_key_opens_nothing_until_it_does()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.StartEnclave();
        await log.Gateway.WaitForReadinessAsync();
        byte[] key = log.PublicKey();
        await log.StopEnclaveAsync();
        log.Kms.Alter = answer => answer["KeyId"] = "alias/another";
        log.StartEnclave();
        await log.WaitForReasonAsync("another key than the log");
        Assert.Equal(1UL, await SizeAsync(log));
        log.Kms.Alter = _ => { };
        await log.Gateway.WaitForSizeAsync(2);
        AssertSignedBy(await log.CheckpointAsync(), key);
    }

    [Fact]
    public async Task An_identity_of_another_log_or_a_changed_one_opens_nothing()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.StartEnclave();
        await log.Gateway.WaitForReadinessAsync();
        byte[] own = await File.ReadAllBytesAsync(log.IdentityPath);
        await log.StopEnclaveAsync();
        byte[] changed = [.. own];
        changed[40] ^= 1;
        await File.WriteAllBytesAsync(log.IdentityPath, changed);
        log.StartEnclave();
        await log.WaitForReasonAsync("not this log's, or was changed");
        Assert.Equal(1UL, await SizeAsync(log));
        await File.WriteAllBytesAsync(log.IdentityPath, own);
        await log.Gateway.WaitForSizeAsync(2);
    }

    [Fact]
    public async Task The_identity_of_the_log_that_was_there_before_opens_nothing()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        byte[] before = await BeginAnewAsync(log);
        byte[] own = await BeginAnewAsync(log);
        // Same origin, same key of KMS, which therefore opens it: another log.
        await File.WriteAllBytesAsync(log.IdentityPath, before);
        int asked = log.Kms.Asked.Count;
        log.StartEnclave();
        await log.WaitForReasonAsync("not this log's, or was changed");
        Assert.True(log.Kms.Asked.Count > asked);
        Assert.Equal(1UL, await SizeAsync(log));
        await File.WriteAllBytesAsync(log.IdentityPath, own);
        await log.Gateway.WaitForSizeAsync(2);
        AssertSignedBy(await log.CheckpointAsync(), own[4..36]);
    }

    [Fact]
    public async Task A_way_to_KMS_that_stalls_opens_nothing_and_the_same_enclave_goes_on_after_it()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.Patience = TimeSpan.FromSeconds(1);
        var stalled = new TaskCompletionSource();
        log.Kms.Send = async (response, body) =>
        {
            await response.StartAsync();
            await stalled.Task;
        };
        log.StartEnclave();
        await log.WaitForReasonAsync("KMS was not reached");
        Assert.False(File.Exists(log.IdentityPath));
        log.Kms.Send = static (response, body) => response.Body.WriteAsync(body).AsTask();
        await log.Gateway.WaitForReadinessAsync();
        AssertSignedBy(await log.CheckpointAsync(), log.PublicKey());
        stalled.SetResult();
    }

    [Fact]
    public void Sockets_are_read_as_in_the_image() => Assert.Equal(
        "1", Environment.GetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"));

    [Fact]
    public async Task An_image_that_seals_nothing_opens_no_log_that_asks_for_an_identity()
    {
        await using SealedLogFixture log = await SealedLogFixture.StartAsync();
        log.StartEnclave(seals: false);
        await log.WaitForReasonAsync("more than this image allows");
        Assert.Empty(log.Kms.Asked);
        Assert.False(File.Exists(log.IdentityPath));
        // Nor does it go on with one.
        await log.RestartEnclaveAsync();
        await log.Gateway.WaitForReadinessAsync();
        await log.StopEnclaveAsync();
        log.StartEnclave(seals: false);
        await log.WaitForReasonAsync("more than this image allows");
        Assert.Equal(1UL, await SizeAsync(log));
    }

    // A log of one record in the place of what was there; its sealed identity.
    private static async Task<byte[]> BeginAnewAsync(SealedLogFixture log)
    {
        await log.Gateway.StopAsync();
        if (Directory.Exists(log.Gateway.DataDirectory))
        {
            Directory.Delete(log.Gateway.DataDirectory, recursive: true);
        }
        await log.Gateway.StartAgainAsync(log.Adjust);
        log.StartEnclave();
        await log.Gateway.WaitForReadinessAsync();
        await log.StopEnclaveAsync();
        return await File.ReadAllBytesAsync(log.IdentityPath);
    }

    private static async Task<ulong> SizeAsync(SealedLogFixture log) =>
        (await log.Gateway.GetJsonAsync("/v1/log")).GetProperty("size").GetUInt64();

    // As C2SP's signed-note says for whoever has one vkey: the line of that name and key id.
    private static void AssertSignedBy(SignedNote note, byte[] key)
    {
        uint id = KeyIds.ForNamed(SealedLogFixture.Origin, (byte)NoteSignatureType.Ed25519, key);
        Assert.Equal(3, note.Signatures.Count);
        NoteSignature line = note.Signatures.Single(
            signature => signature.KeyName == SealedLogFixture.Origin && signature.KeyId == id);
        Assert.Same(note.Signatures[2], line);
        Assert.True(Ed25519.Verify(key, note.Text.Span, line.Signature.Span));
    }
}
