namespace Sequencer.Enclave.Host;

/// <summary>
/// The Nitro Security Module as the enclave uses it: what <c>/dev/nsm</c> does, and no more.
/// </summary>
/// <remarks>
/// There is no call for the time, the own PCRs or the root: all three are read from a document, so
/// that no two answers of a device can disagree. Implementations are called by one thread at a time
/// and block for as long as the device takes, which is milliseconds.
/// <para>
/// A device that refuses may be asked again (<see cref="NsmException"/>). One that does not answer
/// may not (<see cref="IOException"/>): its late answer would be taken for that of the next
/// request, and one document is as well formed as another. Nothing catches that, so the enclave
/// ends.
/// </para>
/// </remarks>
public interface INsm
{
    /// <summary>An attestation document: COSE_Sign1 (docs/PROTOCOL.md section 8).</summary>
    /// <exception cref="NsmException">The device refused.</exception>
    /// <exception cref="IOException">The device did not answer.</exception>
    byte[] Attest(NsmOptions options);

    /// <summary>Fills a span with the device's random bytes.</summary>
    /// <exception cref="NsmException">The device refused.</exception>
    /// <exception cref="IOException">The device did not answer.</exception>
    void GetRandom(Span<byte> destination);
}

/// <summary>What a document is to carry; null leaves a field unset, which empty does not.</summary>
public readonly record struct NsmOptions
{
    /// <summary><c>user_data</c>.</summary>
    public ReadOnlyMemory<byte>? UserData { get; init; }

    /// <summary><c>nonce</c>.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; init; }

    /// <summary><c>public_key</c>.</summary>
    public ReadOnlyMemory<byte>? PublicKey { get; init; }
}

/// <summary>The device refused a request, or said something that cannot be read.</summary>
public sealed class NsmException : Exception
{
    /// <summary>Without a reason.</summary>
    public NsmException()
    {
    }

    /// <summary>With what happened.</summary>
    public NsmException(string message)
        : base(message)
    {
    }

    /// <summary>With what happened and its cause.</summary>
    public NsmException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>With the device's own refusal.</summary>
    public NsmException(NsmError error, string message)
        : base(message) => Error = error;

    /// <summary>How the device refused; null where its answer cannot be read.</summary>
    public NsmError? Error { get; }
}
