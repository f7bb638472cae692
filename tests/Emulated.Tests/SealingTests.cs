using System.Security.Cryptography.X509Certificates;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Emulator;
using Sequencer.Enclave.Emulator.Nsm;
using Sequencer.Sealing.Tests;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>
/// A log's stable identity, from the image that seals over vsock and the gateway's pipe to a
/// stand-in for KMS, which the parent's machine takes for KMS by its name.
/// </summary>
public sealed class SealingTests(ITestOutputHelper output)
{
    private const int PipePort = 5006;
    private const int KeyServicePort = 7443;
    private const string Checkpoint = "parent: checkpoint ";

    [EmulatedFact]
    public async Task The_image_that_seals_has_its_identity_from_KMS_alone()
    {
        await using ParentAndEnclave machines = await ParentAndEnclave.StartAsync("seal");
        (string certificate, string key) = Built.StandInCertificate;
        using X509Certificate2 shown = X509Certificate2.CreateFromPemFile(certificate, key);
        await using StandInKms kms =
            await StandInKms.StartAtAsync(machines.PathOfHostPort(KeyServicePort), shown);
        kms.DocumentRoot = machines.Root;
        kms.Accepted = MeasurementsOf(Built.Sealing);

        // The production image: no root of Amazon's vouches for the stand-in.
        await machines.StartEnclaveAsync(Built.Sealing);
        await RefusesWhoIsNotTheEnclaveAsync(machines);
        await UntilNotReadyAsync(machines, "KMS was not reached: what answered is not KMS (");
        Assert.Empty(kms.Asked);

        // One whose roots vouch for it, but which the key's policy does not name; then it does.
        machines.HaltEnclave();
        await machines.NextEnclaveAsync(Built.Trusting);
        await UntilNotReadyAsync(machines, "KMS refused: AccessDeniedException");
        Assert.Empty(kms.Asked);
        Assert.DoesNotContain(
            machines.Console.Lines, line => line.Contains("epoch 0,", StringComparison.Ordinal));
        kms.Accepted = MeasurementsOf(Built.Trusting);
        VerifierKey identity = KeyIn(
            await machines.Console.UntilAsync("The log has a new stable identity, "));
        AssertSignedBy(identity, await machines.Console.UntilAsync(Checkpoint));
        Assert.Equal(["GenerateDataKey", "Decrypt"], kms.Asked);

        await machines.Console.UntilAsync("parent: end the enclave");
        machines.HaltEnclave();
        await machines.NextEnclaveAsync(Built.Trusting);
        VerifierKey again = KeyIn(
            await machines.Console.UntilAsync("The log's stable identity is "));
        Assert.Equal(identity, again);
        AssertSignedBy(identity, await machines.Console.UntilAsync(Checkpoint));
        Assert.Equal(["GenerateDataKey", "Decrypt", "Decrypt"], kms.Asked);
        output.WriteLine($"the log's identity in both epochs: {identity}");
    }

    // This host is CID 2 to the parent.
    private async Task RefusesWhoIsNotTheEnclaveAsync(ParentAndEnclave machines)
    {
        await machines.Console.UntilAsync("Serving ");
        string read = await machines.ReadFromParentPortAsync(PipePort);
        Assert.Matches("^OK [0-9]+\n$", read);
        string line = await machines.Console.UntilAsync("Refused at vsock:5006: ");
        Assert.Contains("CID 2 is not the enclave's, 16 (1 refused", line);
        output.WriteLine($"refused the host: {line}");
    }

    private async Task UntilNotReadyAsync(ParentAndEnclave machines, string why)
    {
        string line = await machines.Console.UntilAsync(why);
        output.WriteLine($"refused the key: {line}");
        Assert.Contains("The enclave refused: NoIdentity: ", line);
    }

    private static MeasurementSet MeasurementsOf(string image)
    {
        IReadOnlyDictionary<int, byte[]> pcrs =
            GuestMeasurements.Of(ImageFile.Read(image), null, null, isDebugMode: false);
        return new MeasurementSet("image", pcrs[0], pcrs[1], pcrs[2]);
    }

    // The vkey that a line of the gateway's names.
    private static VerifierKey KeyIn(string line)
    {
        string text = line.Split(' ').Select(word => word.TrimEnd('.', ','))
            .Single(word => word.Contains('+'));
        Assert.True(VerifierKey.TryParse(text, out VerifierKey? key, out _), line);
        return key;
    }

    private static void AssertSignedBy(VerifierKey key, string line)
    {
        byte[] bytes = Convert.FromBase64String(line[Checkpoint.Length..]);
        Assert.True(SignedNote.TryParse(bytes, out SignedNote? note, out _), line);
        Assert.Equal(3, note.Signatures.Count);
        NoteSignature identity = note.Signatures[2];
        Assert.Equal((key.Name, key.KeyId), (identity.KeyName, identity.KeyId));
        Assert.Equal(
            NoteSignatureResult.Valid,
            NoteSignatureVerification.Verify(
                key, note.Text.Span, identity.Signature.Span, out _));
    }
}
