using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation;

namespace Sequencer.Gateway.Link;

/// <summary>
/// Strict readers of the bodies of the enclave's answers. The enclave may be of another version or
/// broken: whatever does not fit is refused as a whole, and nothing here throws.
/// </summary>
internal static class LinkAnswers
{
    private const int RefusalTextMaxBytes = 4096;

    public static bool TryReadHello(ReadOnlyMemory<byte> body, out EnclaveHello hello)
    {
        hello = default;
        var reader = new LinkReader(body);
        if (!reader.TryReadByte(out byte phase) || phase > (byte)EnclavePhase.Sealed) return false;
        if (!reader.TryReadUInt32(out uint epoch)) return false;
        if (!reader.TryReadUInt64(out ulong size)) return false;
        if (!reader.TryReadUInt64(out ulong acknowledged) || acknowledged > size) return false;
        if (!reader.TryReadBytes(Digest.Size, out ReadOnlyMemory<byte> logId)) return false;
        if (!reader.IsAtEnd) return false;
        hello = new EnclaveHello(
            (EnclavePhase)phase, epoch, size, acknowledged, new Digest(logId.Span));
        return true;
    }

    public static bool TryReadBundle(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out EpochBundle? bundle)
    {
        bundle = null;
        var reader = new LinkReader(body);
        if (!reader.TryReadBlock(out ReadOnlyMemory<byte> statement)) return false;
        if (!reader.TryReadBlock(out ReadOnlyMemory<byte> document) || !reader.IsAtEnd)
        {
            return false;
        }
        if (statement.IsEmpty || document.IsEmpty) return false;
        bundle = new EpochBundle(statement.ToArray(), document.ToArray());
        return true;
    }

    public static bool TryReadPending(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out List<BatchAnswer>? batches)
    {
        batches = null;
        var reader = new LinkReader(body);
        if (!reader.TryReadUInt32(out uint count)) return false;
        var read = new List<BatchAnswer>();
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadBlock(out ReadOnlyMemory<byte> batch)) return false;
            if (!BatchAnswer.TryParse(batch, out BatchAnswer? answer)) return false;
            read.Add(answer);
        }
        if (!reader.IsAtEnd) return false;
        batches = read;
        return true;
    }

    public static bool TryReadError(
        ReadOnlyMemory<byte> body, out EnclaveErrorCode code, out string text)
    {
        code = default;
        text = "";
        var reader = new LinkReader(body);
        if (!reader.TryReadUInt16(out ushort value)) return false;
        code = (EnclaveErrorCode)value;
        if (!Enum.IsDefined(code)) return false;
        if (reader.Remaining > RefusalTextMaxBytes) return false;
        if (!reader.TryReadBytes(reader.Remaining, out ReadOnlyMemory<byte> bytes)) return false;
        if (!System.Text.Unicode.Utf8.IsValid(bytes.Span)) return false;
        text = System.Text.Encoding.UTF8.GetString(bytes.Span);
        return true;
    }
}
