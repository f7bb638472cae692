using System.Net.Sockets;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host.Link;

namespace Sequencer.Enclave.Host;

/// <summary>What an executable decides for its enclave; part of what is measured.</summary>
public sealed record EnclaveOptions
{
    /// <summary>What the image allows a log.</summary>
    public CoreLimits Core { get; init; } = new();

    /// <summary>What it allows a peer.</summary>
    public LinkLimits Link { get; init; } = new();

    /// <summary>Takes a line for the operator; nothing in it is secret.</summary>
    public Action<string> Say { get; init; } = static _ => { };
}

/// <summary>
/// A trusted sequencer around one NSM: fresh keys, the clock, the core and the link. Executables
/// differ in the NSM and the socket that they hand in.
/// </summary>
public sealed class EnclaveProgram : IDisposable
{
    private readonly EpochSigningKeys _keys;
    private readonly LinkServer _server;

    private EnclaveProgram(EpochSigningKeys keys, LinkServer server)
    {
        _keys = keys;
        _server = server;
    }

    /// <summary>Asks the device who this enclave is and makes the epoch's keys.</summary>
    /// <exception cref="NsmException">The device refused or failed.</exception>
    public static EnclaveProgram Start(INsm nsm, EnclaveOptions options, TimeProvider time)
    {
        // Without an identity the session opens no epoch, and tells the gateway why.
        OwnIdentity.TryRead(
            nsm.Attest(default), out OwnIdentity? own, out OwnIdentityFault fault);
        EpochSigningKeys keys = EpochSigningKeys.Generate(nsm);
        var session = new EnclaveSession(
            new SequencerCore(options.Core), nsm, keys, own, fault, new EnclaveClock(nsm, time));
        return new EnclaveProgram(
            keys, new LinkServer(session, options.Link, time, options.Say));
    }

    /// <summary>
    /// Serves a socket that listens, until cancelled or idle for as long as the limits say. Call it
    /// once; the listener remains the caller's.
    /// </summary>
    public Task RunAsync(Socket listener, CancellationToken cancellation) =>
        _server.RunAsync(listener, cancellation);

    /// <summary>Clears the private keys.</summary>
    public void Dispose() => _keys.Dispose();
}
