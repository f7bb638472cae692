using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Enclave.Host.Link;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// A parent who speaks to enclave and witnesses itself, without a gateway that would stop at the
/// first conflict: he takes every line that he can get, and hands over what he has.
/// </summary>
internal sealed class HostileParent(
    World world, Machine machine, WitnessSet witnesses, Ledger ledger)
{
    /// <summary>Tries to have an enclave sequence whose statement is on the disk; it must not.
    /// </summary>
    public async Task OpenAsync()
    {
        var parent = new SimulatedProcess(world, "parent");
        (LogStore store, _) = Recovery.Open(
            machine.Disk.MountedBy(parent), "data", new StoreOptions());
        using (store)
        {
            LogView view = store.View;
            StatementPlace newest = view.Statements[^1];
            var epoch = new ReceiptEpoch(
                view.ReadRecord(newest.Number), default, store.EpochDocument(newest.Epoch)!);
            var sheet = new CosigningSheet(witnesses.Policy, view, epoch, begunAt: 0);
            await parent.Start(() => AskAllAsync(sheet, parent));
            Assert.True(SignedNote.TryParse(sheet.ToNote(), out SignedNote? note, out _));
            HandOver(sheet, note);
            ExpectRefusal(
                LinkMessageType.Sequence, Batch(view.Size), EnclaveErrorCode.WitnessLag);
        }
        parent.Kill();
    }

    private async Task AskAllAsync(CosigningSheet sheet, SimulatedProcess parent)
    {
        for (int i = 0; i < witnesses.All.Count; i++)
        {
            WitnessAnswer answer = await witnesses.ClientOf(i, parent).SubmitAsync(
                sheet.Subject(), CancellationToken.None);
            if (answer.Cosignature is { } line) sheet.Add(i, line);
        }
        world.Count("hostile: lines that a parent got for a clone", sheet.Count);
    }

    // What there is, and the same lines so often that they would be enough, if lines counted.
    private void HandOver(CosigningSheet sheet, SignedNote note)
    {
        if (sheet.IsEnough) ledger.Violations.Add("A quorum cosigns a clone.");
        ExpectRefusal(
            LinkMessageType.Cosigned, note.ToBytes(), EnclaveErrorCode.CosignedRefused);
        if (sheet.Count == 0) return;
        SignedNote again = SignedNote.Create(
            note.Text.Span,
            [
                .. note.Signatures,
                .. Enumerable.Repeat(note.Signatures[^1], witnesses.Threshold - sheet.Count),
            ]);
        world.Count("hostile: lines handed over twice");
        ExpectRefusal(
            LinkMessageType.Cosigned, again.ToBytes(), EnclaveErrorCode.CosignedRefused);
    }

    private void ExpectRefusal(LinkMessageType type, byte[] body, EnclaveErrorCode code)
    {
        byte[]? answer = machine.Link.Enclave!.Handle(
            this, new FrameHeader(type, 1, body.Length), body);
        if (answer is not null && answer[5] == LinkProtocol.ErrorType
            && answer[LinkProtocol.HeaderBytes + 1] == (byte)code)
        {
            world.Count("hostile: refused by an enclave behind its fence");
            return;
        }
        ledger.Violations.Add($"An enclave without a quorum answers {type} otherwise than {code}.");
    }

    private static byte[] Batch(ulong size)
    {
        var batch = new SequenceRequest(size, size);
        batch.BeginGroup(1);
        batch.Add(AppendRequest.Encode(
            Derivation.Tenant(Derivation.DefaultTenantName),
            Digest.Zero,
            0,
            Derivation.Metadata(EntryMetadata.Empty.Block.Span),
            Digest.Zero,
            []));
        return batch.Finish().ToArray();
    }
}
