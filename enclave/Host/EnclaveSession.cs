using System.Buffers.Binary;
using System.Security.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host.Identity;
using Sequencer.Enclave.Host.Link;

namespace Sequencer.Enclave.Host;

/// <summary>
/// Answers the requests of the link (docs/PROTOCOL.md section 14): the core with the time, keys and
/// device that it has not. Owned by the loop that calls it.
/// </summary>
/// <remarks>
/// Without an own identity it opens no epoch: all-zero PCRs (debug mode) and documents that nobody
/// signed are never accepted, its own included.
/// </remarks>
internal sealed class EnclaveSession(
    SequencerCore core,
    INsm nsm,
    EpochSigningKeys keys,
    LogIdentity identity,
    OwnIdentity? own,
    OwnIdentityFault ownFault,
    EnclaveClock clock)
{
    private CheckpointSigner? _signer;
    private byte[]? _epochDocument;
    private object? _replaying;

    /// <summary>The answer's frame, to be disposed of; null ends the connection.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="body">With what.</param>
    /// <param name="connection">By whom, compared by reference.</param>
    public FrameBuffer? Handle(FrameHeader request, ReadOnlySpan<byte> body, object connection)
    {
        FrameBuffer answer = FrameBuffer.ForAnswer(
            (byte)((byte)request.Type | LinkProtocol.AnswerBit), request.RequestId);
        CoreResult result;
        string? why = null;
        try
        {
            result = BelongsToReplayOfAnother(request.Type, connection)
                ? CoreResult.WrongPhase
                : Dispatch(request.Type, body, answer);
        }
        catch (NsmException e)
        {
            // The device is the only thing around the core that fails without anybody's fault.
            result = CoreResult.AttestationFailed;
            why = e.Message;
        }
        // What was unsealed for an epoch that did not open is nobody's, nor is it a stopped one's.
        if (HasNoEpoch() is not null) identity.Forget();
        if (result == CoreResult.Done) return answer.Seal();
        answer.Dispose();
        return result == CoreResult.MalformedFrame ? null : Error(request, result, why);
    }

    // A replay is of the connection that began it: what a gateway had sent before it was killed may
    // arrive after its successor began a replay of its own, and would be taken for part of that.
    private bool BelongsToReplayOfAnother(LinkMessageType type, object connection)
    {
        if (type == LinkMessageType.ReplayBegin) _replaying = connection;
        return type is LinkMessageType.ReplayRecords or LinkMessageType.ReplayEnd
            && _replaying is not null && _replaying != connection;
    }

    private CoreResult Dispatch(
        LinkMessageType type, ReadOnlySpan<byte> body, FrameBuffer answer) =>
        type switch
        {
            LinkMessageType.Hello => Hello(body, answer),
            LinkMessageType.Genesis => Genesis(body, answer),
            LinkMessageType.ReplayBegin => ReplayBegin(body),
            LinkMessageType.ReplayRecords => core.ReplayRecords(body),
            LinkMessageType.ReplayEnd => ReplayEnd(body, answer),
            LinkMessageType.Bundle => Bundle(body, answer),
            LinkMessageType.Sequence => Sequence(body, answer),
            LinkMessageType.Pending => Pending(body, answer),
            LinkMessageType.Attest => Attest(body, answer),
            LinkMessageType.Acknowledge => body.Length == 8
                ? core.Acknowledge(BinaryPrimitives.ReadUInt64BigEndian(body))
                : CoreResult.MalformedFrame,
            LinkMessageType.Seal => Seal(body, answer),
            LinkMessageType.Cosigned => core.TakeCosigned(body, clock.NowMs()),
            LinkMessageType.Snapshot => Snapshot(body, answer),
            LinkMessageType.ReplayBeginAtSnapshot => ReplayBeginAtSnapshot(body),
            LinkMessageType.ReplayContent => core.ReplayContent(body),
            LinkMessageType.Identity => Identity(body),
            LinkMessageType.SealedIdentity => SealedIdentity(body, answer),
            _ => CoreResult.MalformedFrame,
        };

    private CoreResult Hello(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (!body.IsEmpty) return CoreResult.MalformedFrame;
        answer.AppendByte((byte)core.Phase);
        answer.AppendUInt32(core.Epoch);
        answer.AppendUInt64(core.Size);
        answer.AppendUInt64(core.AcknowledgedSize);
        answer.Append(core.LogId.AsSpan());
        return CoreResult.Done;
    }

    private CoreResult Genesis(ReadOnlySpan<byte> configuration, FrameBuffer answer)
    {
        if (own is null) return CoreResult.AttestationFailed;
        if (core.MayBegin(configuration, out LogConfiguration? asked)
            && asked.IdentityKey is { } key
            && !identity.TryPrepare(key, asked.Origin, clock.NowMs()))
        {
            return CoreResult.NoIdentity;
        }
        CoreResult result =
            core.OpenGenesis(configuration, keys.Public, clock.NowMs(), out HeadToSign? head);
        if (result != CoreResult.HeadToSign) return result;
        if (asked!.IdentityKey is not null) identity.Finish(core.LogId);
        return Open(head!, answer);
    }

    private CoreResult ReplayBegin(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8) return CoreResult.MalformedFrame;
        ulong size = BinaryPrimitives.ReadUInt64BigEndian(body);
        ReadOnlySpan<byte> rest = body[8..];
        if (!TryReadSized(ref rest, out ReadOnlySpan<byte> checkpoint)
            || !TryReadSized(ref rest, out ReadOnlySpan<byte> document)
            || !rest.IsEmpty)
        {
            return CoreResult.MalformedFrame;
        }
        return core.BeginReplay(size, checkpoint, document);
    }

    private CoreResult ReplayBeginAtSnapshot(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8) return CoreResult.MalformedFrame;
        ulong size = BinaryPrimitives.ReadUInt64BigEndian(body);
        ReadOnlySpan<byte> rest = body[8..];
        if (!TryReadSized(ref rest, out ReadOnlySpan<byte> checkpoint)
            || !TryReadSized(ref rest, out ReadOnlySpan<byte> document)
            || !TryReadSized(ref rest, out ReadOnlySpan<byte> statement)
            || !TryReadSized(ref rest, out ReadOnlySpan<byte> snapshot)
            || !rest.IsEmpty)
        {
            return CoreResult.MalformedFrame;
        }
        return core.BeginReplayAtSnapshot(size, checkpoint, document, statement, snapshot);
    }

    private CoreResult ReplayEnd(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (!body.IsEmpty) return CoreResult.MalformedFrame;
        if (own is null) return CoreResult.AttestationFailed;
        if (core.Phase == CorePhase.Replaying
            && core.Configuration is { IdentityKey: { } key } asked
            && !identity.TryOpen(key, asked.Origin, core.LogId, clock.NowMs()))
        {
            return CoreResult.NoIdentity;
        }
        CoreResult result = core.EndReplay(keys.Public, own, clock.NowMs(), out HeadToSign? head);
        return result == CoreResult.HeadToSign ? Open(head!, answer) : result;
    }

    /// <summary>
    /// Has the statement attested, and only then signs its head: no signed head without a document.
    /// If the device refuses, the emitted head can never be signed, and this enclave is over.
    /// </summary>
    private CoreResult Open(HeadToSign head, FrameBuffer answer)
    {
        EpochStatement statement = core.Statement!;
        var options = new NsmOptions
        {
            PublicKey = statement.SubjectPublicKeyInfo,
            UserData = Derivation.EpochUserData(statement.Bytes.Span),
        };
        try
        {
            byte[] document = nsm.Attest(options);
            if (!Carries(document, options))
            {
                throw new NsmException("The NSM's document is not the one that was asked for");
            }
            _epochDocument = document;
        }
        catch (NsmException)
        {
            core.Stop();
            throw;
        }
        _signer = new CheckpointSigner(
            keys, statement.Fields.Configuration.Origin, identity.Key);
        return Sign(head, answer);
    }

    // An epoch under another request's document could neither be verified nor followed: no later
    // enclave would take the log. A live document is its caller's to check, by his nonce.
    private static bool Carries(byte[] document, NsmOptions options) =>
        UnverifiedAttestation.TryParse(document, out UnverifiedAttestation? given, out _)
        && given.PublicKey is { } key && key.Span.SequenceEqual(options.PublicKey!.Value.Span)
        && given.UserData is { } data && data.Span.SequenceEqual(options.UserData!.Value.Span);

    private CoreResult Identity(ReadOnlySpan<byte> body)
    {
        if (!TryReadSized(ref body, out ReadOnlySpan<byte> accessKeyId)
            || !TryReadSized(ref body, out ReadOnlySpan<byte> secretAccessKey)
            || !TryReadSized(ref body, out ReadOnlySpan<byte> sessionToken)
            || !TryReadSized(ref body, out ReadOnlySpan<byte> given)
            || !body.IsEmpty)
        {
            return CoreResult.MalformedFrame;
        }
        return core.Phase switch
        {
            CorePhase.Stopped => CoreResult.Stopped,
            CorePhase.Sealed => CoreResult.Sealed,
            // What an open epoch signs with does not change under it.
            CorePhase.Open => CoreResult.WrongPhase,
            _ => identity.TryGive(accessKeyId, secretAccessKey, sessionToken, given)
                ? CoreResult.Done
                : CoreResult.MalformedFrame,
        };
    }

    private CoreResult SealedIdentity(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (!body.IsEmpty) return CoreResult.MalformedFrame;
        if (HasNoEpoch() is { } refused) return refused;
        if (identity.Key is { } key) answer.Append(key.Sealed.Bytes.Span);
        return CoreResult.Done;
    }

    private CoreResult Bundle(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (!body.IsEmpty) return CoreResult.MalformedFrame;
        if (HasNoEpoch() is { } refused) return refused;
        answer.AppendSized(core.Statement!.Bytes.Span);
        answer.AppendSized(_epochDocument);
        return CoreResult.Done;
    }

    private CoreResult Sequence(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (body.Length < 8) return CoreResult.MalformedFrame;
        CoreResult result = core.Sequence(
            BinaryPrimitives.ReadUInt64BigEndian(body),
            body[8..],
            clock.NowMs(),
            out HeadToSign? head,
            out ReadOnlyMemory<byte> judged);
        if (result == CoreResult.HeadToSign) return Sign(head!, answer);
        if (result is not (CoreResult.NothingAppended or CoreResult.Resubmitted)) return result;
        answer.Append(judged.Span);
        return CoreResult.Done;
    }

    private CoreResult Seal(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (body.Length != 16) return CoreResult.MalformedFrame;
        CoreResult result = core.Seal(
            BinaryPrimitives.ReadUInt64BigEndian(body),
            BinaryPrimitives.ReadUInt64BigEndian(body[8..]),
            clock.NowMs(),
            out HeadToSign? head);
        if (result != CoreResult.HeadToSign) return result;
        result = Sign(head!, answer);
        // Before the answer leaves: whoever has the seal knows that nothing can be signed after it.
        keys.Dispose();
        identity.Dispose();
        return result;
    }

    private CoreResult Snapshot(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (body.Length != 16) return CoreResult.MalformedFrame;
        CoreResult result = core.Snapshot(
            BinaryPrimitives.ReadUInt64BigEndian(body),
            BinaryPrimitives.ReadUInt64BigEndian(body[8..]),
            clock.NowMs(),
            out HeadToSign? head);
        return result == CoreResult.HeadToSign ? Sign(head!, answer) : result;
    }

    private CoreResult Sign(HeadToSign head, FrameBuffer answer)
    {
        byte[] note;
        try
        {
            note = _signer!.Sign(head);
        }
        catch (CryptographicException)
        {
            // Whether a signature left libcrypto is unknown: nothing may be signed beside it.
            core.Stop();
            return CoreResult.Stopped;
        }
        CoreResult result = core.Complete(note, out ReadOnlyMemory<byte> judged);
        if (result == CoreResult.Done) answer.Append(judged.Span);
        return result;
    }

    private CoreResult Pending(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (body.Length != 8) return CoreResult.MalformedFrame;
        if (HasNoEpoch() is { } refused) return refused;
        int countAt = answer.Length;
        answer.AppendUInt32(0);
        uint count = 0;
        ulong fromSize = BinaryPrimitives.ReadUInt64BigEndian(body);
        foreach (ReadOnlyMemory<byte> batch in core.Pending(fromSize))
        {
            // As many as a frame holds; the gateway asks again from where these end.
            int length = answer.Length + 4 + batch.Length - LinkProtocol.HeaderBytes;
            if (length > LinkProtocol.BodyMaxBytes) break;
            answer.AppendSized(batch.Span);
            count++;
        }
        BinaryPrimitives.WriteUInt32BigEndian(answer.Span[countAt..], count);
        return CoreResult.Done;
    }

    private CoreResult Attest(ReadOnlySpan<byte> body, FrameBuffer answer)
    {
        if (body.IsEmpty || body[0] != body.Length - 1) return CoreResult.MalformedFrame;
        if (body[0] is < LinkProtocol.NonceMinBytes or > LinkProtocol.NonceMaxBytes)
        {
            return CoreResult.MalformedFrame;
        }
        if (HasNoEpoch() is { } refused) return refused;
        // A live document vouches for keys, and these are gone.
        if (core.Phase == CorePhase.Sealed) return CoreResult.Sealed;
        EpochStatement statement = core.Statement!;
        answer.Append(nsm.Attest(new NsmOptions
        {
            PublicKey = statement.SubjectPublicKeyInfo,
            UserData = Derivation.LiveUserData(
                statement.Bytes.Span, core.AcknowledgedSize, core.AcknowledgedRoot),
            Nonce = body[1..].ToArray(),
        }));
        return CoreResult.Done;
    }

    private CoreResult? HasNoEpoch() => core.Phase switch
    {
        CorePhase.Open or CorePhase.Sealed => null,
        CorePhase.Stopped => CoreResult.Stopped,
        _ => CoreResult.WrongPhase,
    };

    private FrameBuffer Error(FrameHeader request, CoreResult result, string? why)
    {
        string text = why ?? result switch
        {
            CoreResult.WrongPhase => $"the enclave is {core.Phase}",
            CoreResult.WrongPosition => $"size {core.Size}, acknowledged {core.AcknowledgedSize}",
            CoreResult.RetentionFull => $"acknowledged only up to {core.AcknowledgedSize}",
            CoreResult.BadConfiguration => "no configuration, or more than this image allows",
            CoreResult.ReplayRefused => $"{core.ReplayFault}",
            CoreResult.AttestationFailed => ownFault == OwnIdentityFault.DebugMode
                ? "all-zero PCRs (debug mode): no epoch opens"
                : "the NSM's document cannot be read or is not signed: no epoch opens",
            CoreResult.Stopped => "stopped in doubt: nothing more is signed",
            CoreResult.Sealed => "the epoch is sealed, its keys are gone: nothing more is signed",
            CoreResult.Clock => "the NSM's time is behind the last record",
            CoreResult.WitnessLag => core.CosignedSize is { } cosigned
                ? $"size {core.Size}, cosigned up to {cosigned} at time {core.CosignedSeconds}"
                : "no head of this epoch came back cosigned",
            CoreResult.CosignedRefused => $"{core.CosignedFault}".ToLowerInvariant(),
            CoreResult.NoIdentity => identity.Fault,
            _ => throw new InvalidOperationException($"{result} is no error."),
        };
        FrameBuffer frame = FrameBuffer.ForAnswer(LinkProtocol.ErrorType, request.RequestId);
        frame.AppendUInt16((ushort)result);
        frame.Append(System.Text.Encoding.UTF8.GetBytes(text));
        return frame.Seal();
    }

    private static bool TryReadSized(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (rest.Length < 4) return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length > rest.Length - 4) return false;
        bytes = rest.Slice(4, (int)length);
        rest = rest[(4 + (int)length)..];
        return true;
    }
}
