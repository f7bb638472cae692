using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Host.Identity;

/// <summary>
/// A key service that hands out data keys to this enclave alone (docs/PROTOCOL.md section 19): AWS
/// KMS, in images that seal.
/// </summary>
/// <remarks>Calls block for as long as the service takes, which is bounded; the enclave has no
/// epoch yet and nothing else to do. Called by one thread at a time.</remarks>
public interface IDataKeys
{
    /// <summary>A new data key.</summary>
    /// <exception cref="DataKeyException">There is none to be had.</exception>
    DataKey Generate(DataKeyRequest request);

    /// <summary>The 32 bytes of the data key that a blob holds; the caller clears them.</summary>
    /// <exception cref="DataKeyException">There is none to be had.</exception>
    byte[] Decrypt(DataKeyRequest request, ReadOnlyMemory<byte> blob);
}

/// <summary>What a data key is asked for with.</summary>
/// <param name="Key">The key that is over it.</param>
/// <param name="Origin">The log's, for the service's books and its policy.</param>
/// <param name="Access">The right to ask, which the parent instance lends.</param>
/// <param name="Now">The NSM's time.</param>
public sealed record DataKeyRequest(
    KmsKeyArn Key, string Origin, KeyServiceAccess Access, DateTimeOffset Now);

/// <summary>Credentials of AWS. The gateway's word, and nothing hangs on them: they say who asks,
/// and the key's policy asks for the enclave's measurements as well.</summary>
/// <param name="AccessKeyId">1 to 128 ASCII characters.</param>
/// <param name="SecretAccessKey">1 to 128 ASCII characters.</param>
/// <param name="SessionToken">At most 8,192 ASCII characters; may be empty.</param>
public sealed record KeyServiceAccess(
    string AccessKeyId, string SecretAccessKey, string SessionToken)
{
    /// <summary>Names the key id alone: the rest is nobody's to read.</summary>
    public override string ToString() => AccessKeyId;
}

/// <summary>A new data key.</summary>
/// <param name="Plain">Its 32 bytes; the caller clears them.</param>
/// <param name="Blob">The key as the service keeps it.</param>
public sealed record DataKey(byte[] Plain, byte[] Blob);

/// <summary>The key service gave no data key; the message is one line for the operator.</summary>
public sealed class DataKeyException : Exception
{
    /// <summary>Without a reason.</summary>
    public DataKeyException()
    {
    }

    /// <summary>With what happened.</summary>
    public DataKeyException(string message)
        : base(message)
    {
    }

    /// <summary>With what happened and its cause.</summary>
    public DataKeyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
