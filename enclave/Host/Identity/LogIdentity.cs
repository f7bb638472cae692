using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Host.Identity;

/// <summary>
/// The identity of the log that this enclave is about to open: what it is made with, and the key
/// once it is there. Owned by the session's loop.
/// </summary>
/// <remarks>
/// The key service is asked before the core is told to open, so that its failure costs a request
/// and not the enclave: a head that the core has emitted has to be signed.
/// </remarks>
internal sealed class LogIdentity(IDataKeys? dataKeys) : IDisposable
{
    private const int AccessKeyMaxBytes = 128;
    private const int SessionTokenMaxBytes = 8192;

    private KeyServiceAccess? _access;
    private byte[] _given = [];

    // Between the service's answer and the log id of a log that is being made.
    private DataKey? _fresh;
    private KmsKeyArn? _freshUnder;

    /// <summary>The unsealed key; null without one.</summary>
    public IdentityKey? Key { get; private set; }

    /// <summary>Why the last attempt failed, for the operator.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Takes credentials and a sealed identity; false if a length is out of bounds,
    /// or credentials hold anything but visible ASCII.</summary>
    public bool TryGive(
        ReadOnlySpan<byte> accessKeyId,
        ReadOnlySpan<byte> secretAccessKey,
        ReadOnlySpan<byte> sessionToken,
        ReadOnlySpan<byte> given)
    {
        if (accessKeyId.Length is 0 or > AccessKeyMaxBytes
            || secretAccessKey.Length is 0 or > AccessKeyMaxBytes
            || sessionToken.Length > SessionTokenMaxBytes
            || given.Length > SealedIdentity.BytesMax)
        {
            return false;
        }
        if (!IsVisible(accessKeyId) || !IsVisible(secretAccessKey) || !IsVisible(sessionToken))
        {
            return false;
        }
        _access = new KeyServiceAccess(
            Encoding.ASCII.GetString(accessKeyId),
            Encoding.ASCII.GetString(secretAccessKey),
            Encoding.ASCII.GetString(sessionToken));
        _given = given.ToArray();
        return true;
    }

    /// <summary>Clears key and data key; the next log is opened without them.</summary>
    public void Forget()
    {
        CryptographicOperations.ZeroMemory(_fresh?.Plain);
        (_fresh, _freshUnder) = (null, null);
        Key?.Dispose();
        Key = null;
    }

    /// <summary>Has a data key for a log that is yet to be made; false with a fault.</summary>
    public bool TryPrepare(KmsKeyArn key, string origin, ulong nowMs)
    {
        if (!TryMakeRequest(key, origin, nowMs, out DataKeyRequest? request)) return false;
        DataKey? made = null;
        byte[] opened = [];
        try
        {
            made = dataKeys!.Generate(request!);
            if (made.Blob.Length is 0 or > SealedIdentity.BlobMaxBytes)
            {
                return Fail("the key service's blob has another length than it may have");
            }
            // What could not be opened again is never used.
            opened = dataKeys.Decrypt(request!, made.Blob);
            if (!CryptographicOperations.FixedTimeEquals(opened, made.Plain))
            {
                return Fail("the key service does not open what it made");
            }
            _fresh = made;
            _freshUnder = key;
            made = null;
            return true;
        }
        catch (DataKeyException e)
        {
            return Fail(e.Message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
            CryptographicOperations.ZeroMemory(made?.Plain);
        }
    }

    /// <summary>Makes the identity of the log that <see cref="TryPrepare"/> was called for.
    /// </summary>
    public void Finish(Digest logId)
    {
        DataKey fresh = _fresh ?? throw new InvalidOperationException("Nothing was prepared.");
        try
        {
            Key = IdentityKey.Create(logId, _freshUnder!, fresh);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fresh.Plain);
            (_fresh, _freshUnder) = (null, null);
        }
    }

    /// <summary>
    /// Unseals the given identity of a log, or makes one if none was given; false with a fault.
    /// </summary>
    public bool TryOpen(KmsKeyArn key, string origin, Digest logId, ulong nowMs)
    {
        if (_given.Length == 0)
        {
            if (!TryPrepare(key, origin, nowMs)) return false;
            Finish(logId);
            return true;
        }
        if (!SealedIdentity.TryParse(_given, out SealedIdentity? kept))
        {
            return Fail("what was given is no sealed identity");
        }
        if (!TryMakeRequest(key, origin, nowMs, out DataKeyRequest? request)) return false;
        byte[] dataKey = [];
        try
        {
            dataKey = dataKeys!.Decrypt(request!, kept.Blob);
            Key = IdentityKey.TryOpen(kept, logId, key, dataKey);
            return Key is not null || Fail("the sealed identity is not this log's, or was changed");
        }
        catch (DataKeyException e)
        {
            return Fail(e.Message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dataKey);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    // They become lines of a request: no line ends, no spaces.
    private static bool IsVisible(ReadOnlySpan<byte> text) =>
        !text.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E);

    private bool TryMakeRequest(
        KmsKeyArn key, string origin, ulong nowMs, out DataKeyRequest? request)
    {
        request = null;
        if (_access is null) return Fail("no credentials for the key service were given");
        request = new DataKeyRequest(
            key, origin, _access, DateTimeOffset.FromUnixTimeMilliseconds((long)nowMs));
        return true;
    }

    private bool Fail(string fault)
    {
        Fault = fault;
        return false;
    }
}
