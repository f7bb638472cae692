using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Identity;

/// <summary>
/// Gives an enclave what it unseals the log's stable identity with, and keeps the sealed identity
/// that it gives back (docs/PROTOCOL.md section 19, "Order").
/// </summary>
internal sealed class IdentityKeeper(
    LogStore store, InstanceCredentials credentials, ILogger log)
{
    /// <summary>Before an epoch is opened; nothing to do for a log without an identity.</summary>
    /// <exception cref="EnclaveRefusedException">There are no credentials to give.</exception>
    public async Task GiveAsync(
        EnclaveClient enclave, LogConfiguration configuration, CancellationToken cancellationToken)
    {
        if (configuration.IdentityKey is null) return;
        AwsCredentials given;
        try
        {
            given = await credentials.FetchAsync(cancellationToken);
        }
        catch (CredentialsException e)
        {
            throw new EnclaveRefusedException(EnclaveErrorCode.NoIdentity, e.Message);
        }
        await enclave.IdentityAsync(given, store.ReadIdentity(), cancellationToken);
    }

    /// <summary>After an epoch was opened, and before anybody sees a head of it.</summary>
    /// <exception cref="LogContradictionException">The enclave gives none.</exception>
    public async Task KeepAsync(
        EnclaveClient enclave, LogConfiguration configuration, CancellationToken cancellationToken)
    {
        if (configuration.IdentityKey is null) return;
        ReadOnlyMemory<byte> given = await enclave.SealedIdentityAsync(cancellationToken);
        if (!TryReadKey(given.Span, configuration.Origin, out string vkey))
        {
            throw new LogContradictionException("The enclave gives no sealed identity.");
        }
        ReadOnlyMemory<byte> kept = store.ReadIdentity();
        if (kept.Span.SequenceEqual(given.Span))
        {
            log.LogInformation(LogEvents.Identity, "The log's stable identity is {Key}.", vkey);
            return;
        }
        store.PutIdentity(given);
        TryReadKey(kept.Span, configuration.Origin, out string before);
        log.LogWarning(
            LogEvents.Identity,
            "The log has a new stable identity, {Key} (before: {Before}). Witnesses that know one "
            + "key of a log have to be given this one; keep a copy of the file {File}.",
            vkey, before, IdentityFile.FilePath);
    }

    private static bool TryReadKey(ReadOnlySpan<byte> given, string origin, out string vkey)
    {
        const int publicKeyAt = 4, publicKeyBytes = 32;
        vkey = "none";
        if (given.Length < publicKeyAt + publicKeyBytes) return false;
        if (!VerifierKey.TryCreate(
            origin,
            NoteSignatureType.Ed25519,
            given.Slice(publicKeyAt, publicKeyBytes),
            out VerifierKey? key,
            out _))
        {
            return false;
        }
        vkey = key.ToString();
        return true;
    }
}
