using System.Net.Sockets;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host.Identity;
using Sequencer.Enclave.Host.Link;

namespace Sequencer.Enclave.Host;

/// <summary>What an executable decides for its enclave; part of what is measured.</summary>
public sealed record EnclaveOptions
{
    /// <summary>What the image allows a log.</summary>
    public CoreLimits Core { get; init; } = new();

    /// <summary>What it allows a peer.</summary>
    public LinkLimits Link { get; init; } = new();

    /// <summary>Where the data keys for logs' stable identities come from; null for an image that
    /// seals nothing, and opens no log that asks for an identity.</summary>
    public IDataKeys? DataKeys { get; init; }

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
    private readonly LogIdentity _identity;
    private readonly LinkServer _server;

    private EnclaveProgram(EpochSigningKeys keys, LogIdentity identity, LinkServer server)
    {
        _keys = keys;
        _identity = identity;
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
        var identity = new LogIdentity(options.DataKeys);
        CoreLimits core = options.Core with { SealsIdentities = options.DataKeys is not null };
        var session = new EnclaveSession(
            new SequencerCore(core), nsm, keys, identity, own, fault, new EnclaveClock(nsm, time));
        return new EnclaveProgram(
            keys, identity, new LinkServer(session, options.Link, time, options.Say));
    }

    /// <summary>
    /// Serves a socket that listens, until cancelled or idle for as long as the limits say. Call it
    /// once; the listener remains the caller's.
    /// </summary>
    public Task RunAsync(Socket listener, CancellationToken cancellation) =>
        _server.RunAsync(listener, cancellation);

    /// <summary>Clears the private keys.</summary>
    public void Dispose()
    {
        _keys.Dispose();
        _identity.Dispose();
    }
}
