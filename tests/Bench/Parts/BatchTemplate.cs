using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Bench.Parts;

/// <summary>
/// A batch of requests of one kind, encoded once and stamped anew for each use, so that making
/// requests takes next to nothing of a run.
/// </summary>
internal sealed class BatchTemplate
{
    /// <summary>Requests in a batch.</summary>
    public const int Requests = 1000;

    private const int StartBytes = 8;
    private const int KeyAt = 102;
    private const int NameDigits = 9;

    private static readonly Digest Tenant = Derivation.Tenant("default"u8);
    private static readonly byte[] Name = Encoding.ASCII.GetBytes("orders/000000000");

    private readonly byte[] _bytes;
    private readonly int _requestBytes;

    // In a request: the digits of each place that a stream is named, and its version; -1 if none.
    private readonly int _firstName = -1;
    private readonly int _secondName = -1;
    private readonly int _version = -1;

    public BatchTemplate(RequestKind kind)
    {
        Kind = kind;
        byte[] request = AppendRequest.Encode(
            Tenant, Derivation.Payload("payload"u8), 7, Derivation.Metadata([1, 0, 0, 0, 0]),
            HasKey ? Tenant : Digest.Zero, Operations(kind));
        _requestBytes = request.Length;
        if (HasStream)
        {
            _firstName = request.AsSpan().IndexOf(Name) + Name.Length - NameDigits;
            _secondName = request.AsSpan().LastIndexOf(Name) + Name.Length - NameDigits;
        }
        if (kind == RequestKind.Guarded) _version = _firstName + NameDigits;

        const int lengths = 2 + 2;
        _bytes = new byte[StartBytes + 4 + Requests * (lengths + request.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(StartBytes), Requests);
        for (int i = 0; i < Requests; i++)
        {
            Span<byte> group = _bytes.AsSpan(RequestAt(i) - lengths);
            BinaryPrimitives.WriteUInt16BigEndian(group, 1);
            BinaryPrimitives.WriteUInt16BigEndian(group[2..], (ushort)request.Length);
            request.CopyTo(group[lengths..]);
        }
    }

    public RequestKind Kind { get; }

    /// <summary>True if its requests are of streams.</summary>
    public bool HasStream => Kind is not (RequestKind.Plain or RequestKind.Idempotent);

    /// <summary>True if its requests have idempotency keys.</summary>
    public bool HasKey => Kind is RequestKind.Idempotent or RequestKind.NewStreamAndKey;

    /// <summary>The batch, for a log of this size.</summary>
    public ReadOnlySpan<byte> For(ulong size)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes, size);
        return _bytes;
    }

    /// <summary>Says which stream a request is of, and the version that guards it.</summary>
    public void SetStream(int index, int stream, ulong version)
    {
        Span<byte> request = _bytes.AsSpan(RequestAt(index), _requestBytes);
        Utf8Formatter.TryFormat(
            stream, request.Slice(_firstName, NameDigits), out _, new('D', NameDigits));
        request.Slice(_firstName, NameDigits).CopyTo(request[_secondName..]);
        if (_version >= 0) BinaryPrimitives.WriteUInt64BigEndian(request[_version..], version);
    }

    /// <summary>Gives a request a key; different numbers make different keys.</summary>
    public void SetKey(int index, ulong number)
    {
        Span<byte> key = _bytes.AsSpan(RequestAt(index) + KeyAt, Digest.Size);
        // Spread over the table as digests are: an odd factor, of which no two numbers have the
        // same product.
        BinaryPrimitives.WriteUInt64LittleEndian(key, number * 0x9E37_79B9_7F4A_7C15);
        BinaryPrimitives.WriteUInt64LittleEndian(key[8..], number);
    }

    private int RequestAt(int index) => StartBytes + 4 + index * (4 + _requestBytes) + 4;

    private static CellOperation[] Operations(RequestKind kind)
    {
        var bump = new CellOperation(OperationCode.Bump, CellKind.Stream, Name);
        return kind switch
        {
            RequestKind.Plain or RequestKind.Idempotent => [],
            RequestKind.Guarded =>
                [new CellOperation(OperationCode.VersionEquals, CellKind.Stream, Name), bump],
            _ => [bump],
        };
    }
}
