using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Compares what was stored of an entry (request, metadata, payload) with its record. A payload
/// segment that is not there is no fault: payloads may be kept elsewhere. Nor is a frame that was
/// erased, of which request and metadata are left.
/// </summary>
internal sealed class PayloadComparison(IReadOnlyList<SegmentFile> segments)
{
    private const int FirstReadBytes = 64 * 1024;

    // A frame reads as anything while its gateway erases it: it is read again before it is called
    // damaged.
    private const int AttemptsMax = 3;

    private byte[] _buffer = new byte[FirstReadBytes];

    /// <summary>Entries that had no payload file.</summary>
    public ulong AbsentCount { get; private set; }

    /// <summary>Which of the payloads that are gone were erased.</summary>
    public ErasureAudit Erasures { get; } = new();

    /// <summary>The fault of one entry, or null.</summary>
    /// <param name="record">The encoded record.</param>
    /// <param name="number">Its place.</param>
    /// <param name="offset">Where its frame begins in the payloads as a whole.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<AuditFault?> CheckAsync(
        ReadOnlyMemory<byte> record,
        ulong number,
        ulong offset,
        CancellationToken cancellationToken)
    {
        if (!EntryRecord.TryParse(record.Span, out EntryRecord entry))
        {
            // A statement has no payload; other bytes are another rule's fault.
            return null;
        }
        SegmentFile? segment = segments.LastOrDefault(s => s.Start <= offset);
        if (segment is null || offset - segment.Start >= segment.Length)
        {
            AbsentCount++;
            Erasures.Take(record.Span, metadata: default, isPresent: false);
            return null;
        }
        ulong at = offset - segment.Start;
        string place = $"{segment.Name} at byte {at}";
        // Most frames are read at once; the record bounds what a frame may take.
        ulong boundary = Math.Min(
            segment.Length - at,
            (ulong)PayloadFrame.HeaderBytes + AppendRequest.MaxBytes + Limits.MetadataMaxBytes
                + Limits.SaltBytes + entry.PayloadLength);
        AuditFault? fault = null;
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            Memory<byte> bytes = await ReadAsync(segment, at, boundary, cancellationToken);
            fault = Compare(record.Span, bytes.Span, number, place);
            if (fault is not null) continue;
            PayloadFrame.TryRead(bytes.Span, out PayloadFrame frame, out _);
            Erasures.Take(record.Span, frame.Metadata, isPresent: !frame.IsErased);
            break;
        }
        return fault;
    }

    private async Task<Memory<byte>> ReadAsync(
        SegmentFile segment, ulong at, ulong boundary, CancellationToken cancellationToken)
    {
        Memory<byte> bytes = Buffer((int)Math.Min(boundary, FirstReadBytes));
        int read = await segment.ReadAsync(at, bytes, cancellationToken);
        FrameStatus status = PayloadFrame.TryRead(bytes.Span[..read], out _, out int length);
        if (status == FrameStatus.Incomplete && (ulong)length <= boundary)
        {
            bytes = Buffer(length);
            read = await segment.ReadAsync(at, bytes, cancellationToken);
        }
        return bytes[..read];
    }

    private static AuditFault? Compare(
        ReadOnlySpan<byte> record, ReadOnlySpan<byte> bytes, ulong number, string place)
    {
        FrameStatus status = PayloadFrame.TryRead(bytes, out PayloadFrame frame, out _);
        if (status != FrameStatus.Whole || !EntryRecord.TryParse(record, out EntryRecord entry))
        {
            return Fault(number, place, "the whole frame of this entry", $"{status}");
        }
        if (entry.PayloadLength != frame.Payload.Length)
        {
            return Fault(
                number, place, $"a payload of {entry.PayloadLength} bytes",
                $"{frame.Payload.Length}");
        }
        Digest commitment = Derivation.Payload(frame.Payload, frame.Salt);
        if (!frame.IsErased && entry.Payload != commitment)
        {
            return Fault(
                number, place, $"the payload with commitment {entry.Payload}", $"{commitment}");
        }
        if (entry.Request != Derivation.Request(frame.Request))
        {
            return Fault(
                number, place, $"the request with digest {entry.Request}",
                $"{Derivation.Request(frame.Request)}");
        }
        return entry.Metadata == Derivation.Metadata(frame.Metadata)
            ? null
            : Fault(
                number, place, $"the metadata with digest {entry.Metadata}",
                $"{Derivation.Metadata(frame.Metadata)}");
    }

    private static AuditFault Fault(ulong number, string place, string expected, string actual) =>
        new(VerificationRule.Payload, expected, actual) { Number = number, Place = place };

    private Memory<byte> Buffer(int length)
    {
        if (_buffer.Length < length) _buffer = new byte[length];
        return _buffer.AsMemory(0, length);
    }
}
