using System.Buffers.Binary;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Gateway.Link;

namespace Sequencer.Simulation.Tests;

/// <summary>A caller that reads heads: the newest checkpoint, and live documents.</summary>
internal sealed class Reader(
    World world, Func<SimulatedGateway?> gateway, Ledger ledger, SimulatedProcess process)
{
    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await Task.Delay(world.UpTo(80), process.Time);
            if (gateway() is not { IsOver: false } at || at.State.View is not { } view) continue;
            ledger.Publish(view.Checkpoint.Span);
            if (at.State.Cosigned is { } cosigned) ledger.PublishCosigned(cosigned.Checkpoint.Span);
            if (at.State.Enclave is not { } enclave || !world.IsOnceIn(8)) continue;
            await AttestAsync(at, enclave);
        }
    }

    private async Task AttestAsync(SimulatedGateway at, EnclaveClient enclave)
    {
        Task<ReadOnlyMemory<byte>> attesting =
            enclave.AttestAsync(new byte[16], CancellationToken.None);
        if (await Task.WhenAny(attesting, at.Process.Death) != attesting) return;
        try
        {
            Take(await attesting);
        }
        catch (Exception e) when (e is EnclaveLostException or EnclaveRefusedException)
        {
            world.Count("live document refused");
        }
    }

    private void Take(ReadOnlyMemory<byte> document)
    {
        Assert.True(UnverifiedAttestation.TryParse(
            document.Span, out UnverifiedAttestation? live, out _));
        ReadOnlySpan<byte> user = live!.UserData!.Value.Span;
        Assert.True(user.StartsWith(Derivation.LiveDomain));
        int at = Derivation.LiveDomain.Length + Digest.Size;
        ledger.Publish(
            BinaryPrimitives.ReadUInt64BigEndian(user[at..]), new Digest(user[(at + 8)..]));
        world.Count("live documents");
    }
}
