using System.Buffers.Binary;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Log;

/// <summary>
/// The domain-separated hashes of docs/PROTOCOL.md: every digest that is not a tree hash.
/// </summary>
public static class Derivation
{
    /// <summary>The tenant where nobody is told apart.</summary>
    public static ReadOnlySpan<byte> DefaultTenantName => "default"u8;

    /// <summary>Domain of an epoch's attestation document (section 8).</summary>
    public static ReadOnlySpan<byte> EpochDomain => "seq-epoch/v1\0"u8;

    /// <summary>Domain of a live caller's attestation document (section 8).</summary>
    public static ReadOnlySpan<byte> LiveDomain => "seq-live/v1\0"u8;

    /// <summary>The payload commitment: plain SHA-256.</summary>
    public static Digest Payload(ReadOnlySpan<byte> payload) => Sha256.Hash(payload);

    /// <summary>The commitment of a payload with a salt of 32 bytes, or with none (section 1).
    /// </summary>
    /// <exception cref="ArgumentException">The salt has another length.</exception>
    public static Digest Payload(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> salt)
    {
        if (salt.IsEmpty) return Payload(payload);
        if (salt.Length != Limits.SaltBytes)
        {
            throw new ArgumentException($"A salt has {Limits.SaltBytes} bytes.", nameof(salt));
        }
        return Sha256.Hash("seq-salted/v1\0"u8, salt, payload);
    }

    /// <summary>Tenant of a name of 1 to 255 bytes (section 1).</summary>
    public static Digest Tenant(ReadOnlySpan<byte> name) => Sha256.Hash("seq-tenant/v1\0"u8, name);

    /// <summary>Digest of an encoded metadata block (section 2).</summary>
    public static Digest Metadata(ReadOnlySpan<byte> block) =>
        Sha256.Hash("seq-metadata/v1\0"u8, block);

    /// <summary>Digest of an encoded request (section 3).</summary>
    public static Digest Request(ReadOnlySpan<byte> request) =>
        Sha256.Hash("seq-request/v1\0"u8, request);

    /// <summary>Log id of an encoded genesis statement (section 5).</summary>
    public static Digest LogId(ReadOnlySpan<byte> genesisStatement) =>
        Sha256.Hash("seq-log/v1\0"u8, genesisStatement);

    /// <summary>
    /// Hash of an encoded statement, as the next statement and the document hold it.
    /// </summary>
    public static Digest Statement(ReadOnlySpan<byte> statement) => Sha256.Hash(statement);

    /// <summary>Key of the cell of a kind and a name of 1 to 255 bytes (section 1).</summary>
    public static Digest CellKey(in Digest tenant, byte kind, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> domain = "seq-cell/v1\0"u8;
        Span<byte> prefix = stackalloc byte[domain.Length + Digest.Size + 1];
        domain.CopyTo(prefix);
        tenant.CopyTo(prefix[domain.Length..]);
        prefix[^1] = kind;
        return Sha256.Hash(prefix, name);
    }

    /// <summary>
    /// Idempotency digest of a caller's key for the entry at <paramref name="index"/> of the caller's
    /// HTTP request (section 1).
    /// </summary>
    public static Digest Idempotency(in Digest tenant, uint index, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> domain = "seq-idempotency/v1\0"u8;
        Span<byte> prefix = stackalloc byte[domain.Length + Digest.Size + 4];
        domain.CopyTo(prefix);
        tenant.CopyTo(prefix[domain.Length..]);
        BinaryPrimitives.WriteUInt32BigEndian(prefix[(domain.Length + Digest.Size)..], index);
        return Sha256.Hash(prefix, key);
    }

    /// <summary>
    /// <c>user_data</c> of the epoch document of a statement: 45 bytes (section 8).
    /// </summary>
    public static byte[] EpochUserData(ReadOnlySpan<byte> statement) =>
        [.. EpochDomain, .. Statement(statement).AsSpan()];

    /// <summary><c>user_data</c> of a live document: 84 bytes (section 8).</summary>
    public static byte[] LiveUserData(ReadOnlySpan<byte> statement, ulong size, in Digest root)
    {
        Span<byte> sizeBytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(sizeBytes, size);
        return [.. LiveDomain, .. Statement(statement).AsSpan(), .. sizeBytes, .. root.AsSpan()];
    }
}
