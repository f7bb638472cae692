using System.Buffers.Binary;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;
using BatchAnswer = Sequencer.Gateway.Link.BatchAnswer;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// The trusted core without its host. Heads get a line that nobody signed, since nobody verifies
/// them here; only the one that the next epoch begins with is signed.
/// </summary>
internal sealed class StepEnclave : IDisposable
{
    private const int AcknowledgedSizeBytes = 8;

    // Made once: what is tested here does not hang on fresh keys.
    private static readonly SimulatedNsm Nsm =
        new(TestEnclave.Root, Measurements.Default, TimeProvider.System);

    private readonly EpochSigningKeys _keys = EpochSigningKeys.Generate(Nsm);
    private SequencerCore _core = new(new CoreLimits());

    private static ulong NowMs => (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public BatchAnswer Genesis(LogConfiguration configuration)
    {
        CoreResult result = _core.OpenGenesis(
            configuration.ToBytes(), _keys.Public, NowMs, out HeadToSign? head);
        Assert.Equal(CoreResult.HeadToSign, result);
        return Complete(head!);
    }

    /// <summary>The answer to the body of a sequence request.</summary>
    public BatchAnswer Sequence(ReadOnlyMemory<byte> body)
    {
        CoreResult result = _core.Sequence(
            BinaryPrimitives.ReadUInt64BigEndian(body.Span),
            body.Span[AcknowledgedSizeBytes..],
            NowMs,
            out HeadToSign? head,
            out ReadOnlyMemory<byte> answer);
        if (result == CoreResult.HeadToSign) return Complete(head!);
        Assert.Equal(CoreResult.NothingAppended, result);
        return Parse(answer);
    }

    /// <summary>Another core, which is given a log that this one numbered; its opening.</summary>
    public BatchAnswer Restart(
        ReadOnlySpan<byte> checkpoint, ReadOnlyMemory<byte> records)
    {
        Assert.True(SignedNote.TryParse(checkpoint, out SignedNote? unsigned, out _));
        Assert.True(Checkpoint.TryParse(unsigned.Text.Span, out Checkpoint? head, out _));
        byte[] document = Nsm.Attest(new NsmOptions
        {
            PublicKey = _keys.SubjectPublicKeyInfo,
            UserData = Derivation.EpochUserData(_core.Statement!.Bytes.Span),
        });
        _core = new SequencerCore(new CoreLimits());
        byte[] signed = Sign(unsigned.Text.Span);
        Assert.Equal(CoreResult.Done, _core.BeginReplay(head.Size, signed, document));
        Assert.Equal(CoreResult.Done, _core.ReplayRecords(records.Span));
        Assert.True(OwnIdentity.TryRead(Nsm.Attest(default), out OwnIdentity? own, out _));
        CoreResult result = _core.EndReplay(_keys.Public, own, NowMs, out HeadToSign? opened);
        Assert.True(result == CoreResult.HeadToSign, $"{result} {_core.ReplayFault}");
        return Complete(opened!);
    }

    public void Dispose() => _keys.Dispose();

    private BatchAnswer Complete(HeadToSign head)
    {
        byte[] note = [.. head.Text.Span, .. "\n— nobody AAAAAAA=\n"u8];
        Assert.Equal(CoreResult.Done, _core.Complete(note, out ReadOnlyMemory<byte> answer));
        return Parse(answer);
    }

    private byte[] Sign(ReadOnlySpan<byte> text)
    {
        string origin = Encoding.UTF8.GetString(text[..text.IndexOf((byte)'\n')]);
        var ecdsa = new NoteSignature(
            origin, KeyIds.ForEcdsa(_keys.SubjectPublicKeyInfo), _keys.SignEcdsa(text));
        var ed25519 = new NoteSignature(
            origin,
            KeyIds.ForNamed(
                origin, (byte)NoteSignatureType.Ed25519, _keys.Public.Ed25519PublicKey.Span),
            _keys.SignEd25519(text));
        return [.. text, .. Encoding.UTF8.GetBytes($"\n{ecdsa}\n{ed25519}\n")];
    }

    // A copy: the core's memory holds until its next call.
    private static BatchAnswer Parse(ReadOnlyMemory<byte> answer)
    {
        Assert.True(BatchAnswer.TryParse(answer.ToArray(), out BatchAnswer? parsed));
        return parsed;
    }
}
