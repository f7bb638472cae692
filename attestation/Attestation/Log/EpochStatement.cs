using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Log;

/// <summary>How the epoch before a statement ended.</summary>
public enum PreviousEpochEnd : byte
{
    /// <summary>There was none: this is the genesis statement.</summary>
    None = 0,

    /// <summary>Its enclave went away without a word.</summary>
    Unplanned = 1,

    /// <summary>Its last record is a seal.</summary>
    Sealed = 2,
}

/// <summary>Measurements of an image whose epochs this one accepts to follow.</summary>
/// <param name="Pcr0">48 bytes.</param>
/// <param name="Pcr1">48 bytes.</param>
/// <param name="Pcr2">48 bytes.</param>
public sealed record PredecessorMeasurements(
    ReadOnlyMemory<byte> Pcr0, ReadOnlyMemory<byte> Pcr1, ReadOnlyMemory<byte> Pcr2);

/// <summary>The fields of a statement, to be encoded.</summary>
public sealed record EpochStatementFields
{
    /// <summary>Epoch number; 0 is the genesis.</summary>
    public required uint Epoch { get; init; }

    /// <summary>The size of the log before it, which is this record's number.</summary>
    public required ulong Number { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required ulong TimeMs { get; init; }

    /// <summary>Leaf hash of the last record; zero in the genesis.</summary>
    public required Digest Previous { get; init; }

    /// <summary>How the epoch before ended; none before the genesis.</summary>
    public required PreviousEpochEnd PreviousEnd { get; init; }

    /// <summary>Log id; zero in the genesis.</summary>
    public required Digest LogId { get; init; }

    /// <summary>Root of the tree of the records before it.</summary>
    public required Digest PreviousRoot { get; init; }

    /// <summary>Hash of the previous statement; zero in the genesis.</summary>
    public required Digest PreviousStatement { get; init; }

    /// <summary>Random nonce.</summary>
    public required Digest Nonce { get; init; }

    /// <summary>Ed25519 public key, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Ed25519PublicKey { get; init; }

    /// <summary>P-256 public key: x || y, 64 bytes.</summary>
    public required ReadOnlyMemory<byte> P256PublicKey { get; init; }

    /// <summary>Images, other than its own, whose epochs this one accepts to follow.</summary>
    public required IReadOnlyList<PredecessorMeasurements> AcceptedPredecessors { get; init; }

    /// <summary>The log's configuration.</summary>
    public required LogConfiguration Configuration { get; init; }
}

/// <summary>
/// An epoch statement: the record by which an enclave with fresh keys opens an epoch
/// (docs/PROTOCOL.md section 5). Parsed and canonical, not yet believed.
/// </summary>
public sealed class EpochStatement
{
    /// <summary>Length of a PCR, in bytes.</summary>
    public const int PcrBytes = 48;

    private const int FixedBytes = 288;
    private const int PredecessorBytes = 3 * PcrBytes;

    private EpochStatement(byte[] bytes, EpochStatementFields fields)
    {
        Bytes = bytes;
        Fields = fields;
        Hash = Derivation.Statement(bytes);
        LogId = fields.Epoch == 0 ? Derivation.LogId(bytes) : fields.LogId;
    }

    /// <summary>The encoded statement: the leaf.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The fields as encoded.</summary>
    public EpochStatementFields Fields { get; }

    /// <summary>SHA-256 of the encoded statement.</summary>
    public Digest Hash { get; }

    /// <summary>The log's id: computed for the genesis statement, else its field.</summary>
    public Digest LogId { get; }

    /// <summary>The P-256 key as DER SubjectPublicKeyInfo, 91 bytes.</summary>
    public byte[] SubjectPublicKeyInfo => EcdsaP256.EncodePublicKey(Fields.P256PublicKey.Span);

    /// <summary>Encodes a statement.</summary>
    /// <exception cref="ArgumentException">The fields break a rule of section 5.</exception>
    public static EpochStatement Create(EpochStatementFields fields)
    {
        byte[] configuration = fields.Configuration.ToBytes();
        int configurationAt = FixedBytes + fields.AcceptedPredecessors.Count * PredecessorBytes;
        if (fields.AcceptedPredecessors.Count > Limits.PredecessorsMax)
        {
            throw new ArgumentException($"At most {Limits.PredecessorsMax} accepted predecessors.");
        }
        var bytes = new byte[configurationAt + configuration.Length];
        RecordHeader.Write(
            bytes,
            RecordType.Statement,
            fields.AcceptedPredecessors.Count,
            fields.Epoch,
            fields.Number,
            fields.TimeMs,
            fields.Previous);
        bytes[56] = (byte)fields.PreviousEnd;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(60), (uint)configuration.Length);
        fields.LogId.CopyTo(bytes.AsSpan(64));
        fields.PreviousRoot.CopyTo(bytes.AsSpan(96));
        fields.PreviousStatement.CopyTo(bytes.AsSpan(128));
        fields.Nonce.CopyTo(bytes.AsSpan(160));
        CopyExactly(fields.Ed25519PublicKey, bytes.AsSpan(192, 32));
        CopyExactly(fields.P256PublicKey, bytes.AsSpan(224, 64));
        int at = FixedBytes;
        foreach (PredecessorMeasurements accepted in fields.AcceptedPredecessors)
        {
            CopyExactly(accepted.Pcr0, bytes.AsSpan(at, PcrBytes));
            CopyExactly(accepted.Pcr1, bytes.AsSpan(at + PcrBytes, PcrBytes));
            CopyExactly(accepted.Pcr2, bytes.AsSpan(at + 2 * PcrBytes, PcrBytes));
            at += PredecessorBytes;
        }
        configuration.CopyTo(bytes.AsSpan(configurationAt));
        return TryParse(bytes, out EpochStatement? statement)
            ? statement
            : throw new ArgumentException("The fields do not make a statement.", nameof(fields));
    }

    /// <summary>
    /// Reads a statement that must fill <paramref name="bytes"/>; false unless canonical.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out EpochStatement? statement)
    {
        statement = null;
        if (!RecordHeader.TryRead(bytes, out RecordHeader header)) return false;
        if (header.Type != RecordType.Statement || header.Count > Limits.PredecessorsMax)
        {
            return false;
        }
        int configurationAt = FixedBytes + header.Count * PredecessorBytes;
        if (bytes.Length < configurationAt) return false;
        uint configurationLength = BinaryPrimitives.ReadUInt32BigEndian(bytes[60..]);
        if (configurationLength != bytes.Length - configurationAt) return false;
        if (bytes[57..60].ContainsAnyExcept((byte)0)) return false;
        if (!LogConfiguration.TryParse(bytes[configurationAt..], out LogConfiguration? configuration))
        {
            return false;
        }
        if (!TryReadPredecessors(bytes[FixedBytes..configurationAt], out var predecessors))
        {
            return false;
        }

        byte[] own = bytes.ToArray();
        var fields = new EpochStatementFields
        {
            Epoch = header.Epoch,
            Number = header.Number,
            TimeMs = header.TimeMs,
            Previous = header.Previous,
            PreviousEnd = (PreviousEpochEnd)own[56],
            LogId = new Digest(own.AsSpan(64, Digest.Size)),
            PreviousRoot = new Digest(own.AsSpan(96, Digest.Size)),
            PreviousStatement = new Digest(own.AsSpan(128, Digest.Size)),
            Nonce = new Digest(own.AsSpan(160, Digest.Size)),
            Ed25519PublicKey = own.AsMemory(192, 32),
            P256PublicKey = own.AsMemory(224, 64),
            AcceptedPredecessors = predecessors,
            Configuration = configuration,
        };
        if (!IsConsistent(fields)) return false;
        statement = new EpochStatement(own, fields);
        return true;
    }

    // The genesis has nothing before it and says so in every field; every other statement does not.
    private static bool IsConsistent(EpochStatementFields fields) =>
        fields.Epoch == 0
            ? fields.PreviousEnd == PreviousEpochEnd.None && fields.Number == 0
                && fields.Previous.IsZero && fields.LogId.IsZero && fields.PreviousStatement.IsZero
                && fields.PreviousRoot == TreeHash.EmptyRoot
            : fields.PreviousEnd is PreviousEpochEnd.Unplanned or PreviousEpochEnd.Sealed
                && fields.Number > 0;

    private static bool TryReadPredecessors(
    ReadOnlySpan<byte> bytes, out List<PredecessorMeasurements> predecessors)
    {
        predecessors = [];
        for (; !bytes.IsEmpty; bytes = bytes[PredecessorBytes..])
        {
            for (int pcr = 0; pcr < 3; pcr++)
            {
                if (!bytes.Slice(pcr * PcrBytes, PcrBytes).ContainsAnyExcept((byte)0)) return false;
            }
            predecessors.Add(new PredecessorMeasurements(
                bytes[..PcrBytes].ToArray(),
                bytes.Slice(PcrBytes, PcrBytes).ToArray(),
                bytes.Slice(2 * PcrBytes, PcrBytes).ToArray()));
        }
        return true;
    }

    private static void CopyExactly(ReadOnlyMemory<byte> source, Span<byte> destination)
    {
        if (source.Length != destination.Length)
        {
            throw new ArgumentException(
                $"A field has {source.Length} bytes, not {destination.Length}.");
        }
        source.Span.CopyTo(destination);
    }
}
