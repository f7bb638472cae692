using System.Buffers.Binary;
using Sequencer.Attestation.Cryptography;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Identity;
using Sequencer.Enclave.Host.Link;

namespace Sequencer.Simulation.Tests;

/// <summary>The real session around the real core, over frames that arrive in pieces.</summary>
internal sealed class SimulatedEnclave
{
    private readonly World _world;
    private readonly EnclaveSession _session;
    private readonly EpochSigningKeys _keys;
    private readonly LinkFaults _link;

    public SimulatedEnclave(World world, INsm nsm, LinkFaults link, string name)
    {
        (_world, _link) = (world, link);
        Process = new SimulatedProcess(world, name);
        OwnIdentity.TryRead(nsm.Attest(default), out OwnIdentity? own, out OwnIdentityFault fault);
        _keys = EpochSigningKeys.Generate(nsm);
        _session = new EnclaveSession(
            new SequencerCore(new CoreLimits()),
            nsm,
            _keys,
            new LogIdentity(dataKeys: null),
            own,
            fault,
            new EnclaveClock(nsm, Process.Time));
        Process.Killed += _keys.Dispose;
    }

    public SimulatedProcess Process { get; }

    /// <summary>Kills it when it was asked so many times more; 0: never.</summary>
    public int KillIn { get; set; }

    /// <summary>How it reads a cosigned head.</summary>
    public Func<byte[], byte[]> Counted { get; init; } = note => note;

    /// <summary>
    /// Takes a whole request off the front of what arrived; false if there is none yet.
    /// </summary>
    /// <param name="connection">By which connection.</param>
    /// <param name="arrived">What arrived.</param>
    /// <param name="answer">The answer's frame; null ends the connection.</param>
    public bool TryAnswer(object connection, List<byte> arrived, out byte[]? answer)
    {
        answer = null;
        if (!Process.IsAlive || arrived.Count < LinkProtocol.HeaderBytes) return false;
        byte[] header = [.. arrived[..LinkProtocol.HeaderBytes]];
        int length = (int)BinaryPrimitives.ReadUInt32BigEndian(header) + 4;
        if (arrived.Count < length) return false;
        byte[] body = [.. arrived[LinkProtocol.HeaderBytes..length]];
        arrived.RemoveRange(0, length);
        var request = new FrameHeader(
            (LinkMessageType)header[5],
            BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)),
            body.Length);
        answer = Handle(connection, request, body);
        if (_link.RepeatsNext()) HandleLater(request, body);
        if (KillIn > 0 && --KillIn == 0)
        {
            _world.Count($"kill: enclave after {request.Type}");
            Process.Kill();
            return false;
        }
        return true;
    }

    // As if by another connection, and nobody has the answer.
    private void HandleLater(FrameHeader request, byte[] body) =>
        _world.After(_world.UpTo(2_000), () =>
        {
            if (!Process.IsAlive) return;
            _world.Count("fault: request to the enclave repeated");
            Handle(new object(), request, body);
        });

    /// <summary>What a parent sees that speaks to it without a gateway.</summary>
    public byte[]? Handle(object connection, FrameHeader request, byte[] body)
    {
        byte[] read = request.Type == LinkMessageType.Cosigned ? Counted(body) : body;
        using FrameBuffer? frame = _session.Handle(
            request with { BodyBytes = read.Length }, read, connection);
        byte[]? answer = frame?.Span.ToArray();
        _world.Tell(
            $"enclave: {request.Type} of {body.Length} bytes: "
            + (answer is null ? "malformed"
                : answer[5] == LinkProtocol.ErrorType ? "refused"
                : $"done, {Sha256.Hash(answer).ToString()[..8]}"));
        return answer;
    }
}
