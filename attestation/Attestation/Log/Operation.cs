using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>What an operation asks of a cell (docs/PROTOCOL.md section 3).</summary>
public enum OperationCode : byte
{
    /// <summary>Guard: the cell's value is the operand; a missing cell has value 0.</summary>
    VersionEquals = 1,

    /// <summary>Guard: the cell exists.</summary>
    Exists = 2,

    /// <summary>Guard: the cell does not exist.</summary>
    NotExists = 3,

    /// <summary>Guard: missing, or last changed at or before the operand's number.</summary>
    UnchangedSince = 4,

    /// <summary>Update: the value grows by one.</summary>
    Bump = 5,
}

/// <summary>Kinds of cell; each has rules that the enclave enforces.</summary>
public enum CellKind : byte
{
    /// <summary>A stream: the value is its version, the count of its entries.</summary>
    Stream = 1,
}

/// <summary>One guard or update of a request, as a view over its bytes.</summary>
public readonly ref struct Operation
{
    private const int PrefixBytes = 3;
    private const int OperandBytes = 8;

    private Operation(OperationCode code, CellKind kind, ReadOnlySpan<byte> name, ulong operand)
    {
        Code = code;
        Kind = kind;
        Name = name;
        Operand = operand;
    }

    /// <summary>What is asked.</summary>
    public OperationCode Code { get; }

    /// <summary>Kind of the cell.</summary>
    public CellKind Kind { get; }

    /// <summary>Name of the cell within tenant and kind: 1 to 255 bytes of UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Version or number, for the codes that have one; otherwise 0.</summary>
    public ulong Operand { get; }

    /// <summary>True for an update, false for a guard.</summary>
    public bool IsUpdate => Code == OperationCode.Bump;

    private static bool HasOperand(OperationCode code) =>
        code is OperationCode.VersionEquals or OperationCode.UnchangedSince;

    /// <summary>Reads the operation at the start of <paramref name="bytes"/>.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out Operation operation, out int length)
    {
        operation = default;
        length = 0;
        if (bytes.Length < PrefixBytes) return false;
        var code = (OperationCode)bytes[0];
        var kind = (CellKind)bytes[1];
        if (code is < OperationCode.VersionEquals or > OperationCode.Bump) return false;
        if (kind != CellKind.Stream) return false;
        int nameEnd = PrefixBytes + bytes[2];
        int end = nameEnd + (HasOperand(code) ? OperandBytes : 0);
        if (bytes.Length < end) return false;
        ReadOnlySpan<byte> name = bytes[PrefixBytes..nameEnd];
        if (!Utf8Text.IsName(name)) return false;
        ulong operand = HasOperand(code) ? BinaryPrimitives.ReadUInt64BigEndian(bytes[nameEnd..]) : 0;
        if (code == OperationCode.VersionEquals && operand > long.MaxValue) return false;
        operation = new Operation(code, kind, name, operand);
        length = end;
        return true;
    }

    /// <summary>Bytes that <see cref="Write"/> takes.</summary>
    internal static int EncodedLength(CellOperation operation) =>
        PrefixBytes + operation.Name.Length + (HasOperand(operation.Code) ? OperandBytes : 0);

    /// <summary>Writes an operation; returns the bytes written.</summary>
    internal static int Write(Span<byte> destination, CellOperation operation)
    {
        destination[0] = (byte)operation.Code;
        destination[1] = (byte)operation.Kind;
        destination[2] = (byte)operation.Name.Length;
        operation.Name.Span.CopyTo(destination[PrefixBytes..]);
        int end = PrefixBytes + operation.Name.Length;
        if (!HasOperand(operation.Code)) return end;
        BinaryPrimitives.WriteUInt64BigEndian(destination[end..], operation.Operand);
        return end + OperandBytes;
    }
}

/// <summary>One guard or update to be encoded: the owned twin of <see cref="Operation"/>.</summary>
/// <param name="Code">What is asked.</param>
/// <param name="Kind">Kind of the cell.</param>
/// <param name="Name">Name of the cell: 1 to 255 bytes of UTF-8.</param>
/// <param name="Operand">Version or number, for the codes that have one; otherwise 0.</param>
public readonly record struct CellOperation(
    OperationCode Code, CellKind Kind, ReadOnlyMemory<byte> Name, ulong Operand = 0);
