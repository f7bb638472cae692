using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Which chain of entries: 128 bits of a SHA-256 over tenant, kind and name, so that nobody finds
/// names of his own that fall into another tenant's chain.
/// </summary>
internal readonly record struct ChainKey(UInt128 Value)
{
    /// <summary>Size of a key in a file, in bytes.</summary>
    public const int Size = 16;

    private const byte CategoryKind = 1, TypeKind = 2, StreamsKind = 3, StreamsOfCategoryKind = 4;

    /// <summary>The entries of a stream, whose cell's key says tenant, kind and name.</summary>
    public static ChainKey OfStream(in Digest cellKey) => Cut(cellKey);

    /// <inheritdoc cref="OfStream(in Digest)"/>
    public static ChainKey OfStream(in Digest tenant, ReadOnlySpan<byte> name) =>
        Cut(Derivation.CellKey(tenant, (byte)CellKind.Stream, name));

    /// <summary>The entries of a tenant's streams of one category.</summary>
    public static ChainKey OfCategory(in Digest tenant, ReadOnlySpan<byte> category) =>
        Hash(tenant, CategoryKind, category);

    /// <summary>A tenant's entries of one event type.</summary>
    public static ChainKey OfType(in Digest tenant, ReadOnlySpan<byte> type) =>
        Hash(tenant, TypeKind, type);

    /// <summary>The first entries of a tenant's streams.</summary>
    public static ChainKey OfStreams(in Digest tenant) => Hash(tenant, StreamsKind, default);

    /// <summary>The first entries of a tenant's streams of one category.</summary>
    public static ChainKey OfStreams(in Digest tenant, ReadOnlySpan<byte> category) =>
        Hash(tenant, StreamsOfCategoryKind, category);

    /// <summary>Reads a key from a file.</summary>
    public static ChainKey Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128LittleEndian(bytes));

    /// <summary>Writes it to a file.</summary>
    public void Write(Span<byte> bytes) =>
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, Value);

    private static ChainKey Hash(in Digest tenant, byte kind, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> domain = "seq-chain/v1\0"u8;
        Span<byte> prefix = stackalloc byte[domain.Length + Digest.Size + 1];
        domain.CopyTo(prefix);
        tenant.CopyTo(prefix[domain.Length..]);
        prefix[^1] = kind;
        return Cut(Sha256.Hash(prefix, name));
    }

    private static ChainKey Cut(in Digest digest) =>
        new(MemoryMarshal.Read<UInt128>(digest.AsSpan()));
}
