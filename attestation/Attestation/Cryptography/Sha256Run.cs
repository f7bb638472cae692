using System.Security.Cryptography;

namespace Sequencer.Attestation.Cryptography;

/// <summary>SHA-256 of a message that comes in parts, for what is too long to stand in memory twice.
/// </summary>
public sealed class Sha256Run : IDisposable
{
    private readonly IncrementalHash _hash =
        IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Takes the next bytes of the message.</summary>
    public void Append(ReadOnlySpan<byte> data) => _hash.AppendData(data);

    /// <summary>The digest of all that was appended; the next message begins.</summary>
    public Digest Finish()
    {
        Span<byte> digest = stackalloc byte[Digest.Size];
        _hash.GetHashAndReset(digest);
        return new Digest(digest);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
