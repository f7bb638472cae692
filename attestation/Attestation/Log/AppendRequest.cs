using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>
/// What one entry asks of the enclave: a view over canonical bytes (docs/PROTOCOL.md section 3).
/// </summary>
public readonly ref struct AppendRequest
{
    /// <summary>Bytes before the operations.</summary>
    public const int FixedBytes = 134;

    /// <summary>Longest request, in bytes.</summary>
    public const int MaxBytes =
        FixedBytes + Limits.OperationsMax * (3 + Limits.NameMaxBytes + 8);

    private const byte Version = 1;

    private AppendRequest(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The encoded request.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Count of guards and updates.</summary>
    public int OperationCount => Bytes[1];

    /// <summary>Payload length, in bytes.</summary>
    public uint PayloadLength => BinaryPrimitives.ReadUInt32BigEndian(Bytes[2..]);

    /// <summary>Tenant.</summary>
    public Digest Tenant => new(Bytes.Slice(6, Digest.Size));

    /// <summary>Payload commitment.</summary>
    public Digest Payload => new(Bytes.Slice(38, Digest.Size));

    /// <summary>Metadata digest.</summary>
    public Digest Metadata => new(Bytes.Slice(70, Digest.Size));

    /// <summary>Idempotency digest, or zero.</summary>
    public Digest Idempotency => new(Bytes.Slice(102, Digest.Size));

    /// <summary>
    /// Tenant, payload commitment and metadata digest as they also stand in the record.
    /// </summary>
    internal ReadOnlySpan<byte> TenantPayloadMetadata => Bytes.Slice(6, 3 * Digest.Size);

    /// <summary>The guards and updates, in order.</summary>
    public OperationEnumerator Operations => new(Bytes[FixedBytes..]);

    /// <summary>
    /// Reads a request that must fill <paramref name="bytes"/>. False for anything that
    /// <see cref="Encode"/> would not write.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out AppendRequest request)
    {
        request = default;
        if (bytes.Length is < FixedBytes or > MaxBytes || bytes[0] != Version) return false;
        if (bytes[1] > Limits.OperationsMax) return false;
        if (bytes[1] == 0 ? bytes.Length != FixedBytes : !AreOperationsValid(bytes)) return false;
        request = new AppendRequest(bytes);
        return true;
    }

    /// <summary>Encodes a request.</summary>
    /// <exception cref="ArgumentException">The arguments break a rule of section 3.</exception>
    public static byte[] Encode(
        in Digest tenant,
        in Digest payload,
        uint payloadLength,
        in Digest metadata,
        in Digest idempotency,
        ReadOnlySpan<CellOperation> operations)
    {
        int length = FixedBytes;
        foreach (CellOperation operation in operations)
        {
            if (!Utf8Text.IsName(operation.Name.Span))
            {
                throw new ArgumentException("A cell's name is 1 to 255 bytes of UTF-8.");
            }
            length += Operation.EncodedLength(operation);
        }
        if (operations.Length > Limits.OperationsMax)
        {
            throw new ArgumentException($"At most {Limits.OperationsMax} operations.");
        }
        var bytes = new byte[length];
        bytes[0] = Version;
        bytes[1] = (byte)operations.Length;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), payloadLength);
        tenant.CopyTo(bytes.AsSpan(6));
        payload.CopyTo(bytes.AsSpan(38));
        metadata.CopyTo(bytes.AsSpan(70));
        idempotency.CopyTo(bytes.AsSpan(102));
        int at = FixedBytes;
        foreach (CellOperation operation in operations)
        {
            at += Operation.Write(bytes.AsSpan(at), operation);
        }
        if (!TryParse(bytes, out _))
        {
            throw new ArgumentException(
                "Guards come before updates, and no two updates name the same cell.");
        }
        return bytes;
    }

    private static bool AreOperationsValid(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes[FixedBytes..];
        int firstUpdate = -1;
        for (int i = 0; i < bytes[1]; i++)
        {
            if (!Operation.TryRead(rest, out Operation operation, out int length)) return false;
            int start = bytes.Length - rest.Length;
            if (operation.IsUpdate)
            {
                if (firstUpdate < 0) firstUpdate = start;
                if (IsUpdatedBefore(bytes[firstUpdate..start], operation)) return false;
            }
            else if (firstUpdate >= 0)
            {
                return false;
            }
            rest = rest[length..];
        }
        return rest.IsEmpty;
    }

    // At most 64 short names: a quadratic scan beats a set, and allocates nothing.
    private static bool IsUpdatedBefore(ReadOnlySpan<byte> updates, Operation operation)
    {
        foreach (Operation earlier in new OperationEnumerator(updates))
        {
            if (earlier.Kind == operation.Kind && earlier.Name.SequenceEqual(operation.Name))
            {
                return true;
            }
        }
        return false;
    }
}

/// <summary>Walks the operations of a request that was parsed.</summary>
public ref struct OperationEnumerator
{
    private ReadOnlySpan<byte> _rest;
    private Operation _current;

    internal OperationEnumerator(ReadOnlySpan<byte> operations) => _rest = operations;

    /// <summary>The operation at the enumerator's place.</summary>
    public readonly Operation Current => _current;

    /// <summary>Itself, for <c>foreach</c>.</summary>
    public readonly OperationEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next operation; false at the end.</summary>
    public bool MoveNext()
    {
        if (!Operation.TryRead(_rest, out _current, out int length)) return false;
        _rest = _rest[length..];
        return true;
    }
}
