using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Emulator.Nsm;

/// <summary>
/// A request to the device. On the wire it is CBOR: the text of its name, or a map of one pair from
/// its name to a map of its arguments.
/// </summary>
internal abstract record NsmRequest
{
    private const int NameBytesMax = 16;
    private const int ArgumentsMax = 8;

    /// <summary>Depth of an argument that is passed over, because nothing reads it.</summary>
    private const int UnknownDepthMax = 4;

    private NsmRequest()
    {
    }

    /// <summary>Version, module id and locked PCRs.</summary>
    public sealed record DescribeNsm : NsmRequest;

    /// <summary>Random bytes.</summary>
    public sealed record GetRandom : NsmRequest;

    /// <summary>A PCR's value and lock.</summary>
    public sealed record DescribePcr(ushort Index) : NsmRequest;

    /// <summary>Extends a PCR that is not locked.</summary>
    public sealed record ExtendPcr(ushort Index, byte[] Data) : NsmRequest;

    /// <summary>Locks one PCR.</summary>
    public sealed record LockPcr(ushort Index) : NsmRequest;

    /// <summary>Locks all PCRs below a bound.</summary>
    public sealed record LockPcrs(ushort Range) : NsmRequest;

    /// <summary>An attestation document.</summary>
    public sealed record Attestation(NsmOptions Options) : NsmRequest;

    /// <summary>Reads a request; false when it is none that the device knows.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> cbor, [NotNullWhen(true)] out NsmRequest? request)
    {
        var reader = new StrictCborReader(cbor);
        request = reader.TryPeekKind(out CborKind kind) && kind == CborKind.TextString
            ? ReadName(ref reader)
            : ReadCall(ref reader);
        if (!reader.AtEnd) request = null;
        return request is not null;
    }

    private static NsmRequest? ReadName(ref StrictCborReader reader)
    {
        if (!reader.TryReadTextString(NameBytesMax, out ReadOnlySpan<byte> name)) return null;
        if (name.SequenceEqual("DescribeNSM"u8)) return new DescribeNsm();
        return name.SequenceEqual("GetRandom"u8) ? new GetRandom() : null;
    }

    private static NsmRequest? ReadCall(ref StrictCborReader reader)
    {
        if (!reader.TryReadMapStart(1, allowIndefinite: false, out CborSequence calls)) return null;
        if (!reader.TryMoveNext(ref calls, out bool more) || !more) return null;
        if (!reader.TryReadTextString(NameBytesMax, out ReadOnlySpan<byte> name)) return null;
        var arguments = new Arguments();
        if (!arguments.TryRead(ref reader)) return null;
        if (name.SequenceEqual("Attestation"u8)) return new Attestation(arguments.Options);
        if (name.SequenceEqual("LockPCRs"u8))
        {
            return arguments.Range is { } range ? new LockPcrs(range) : null;
        }
        if (arguments.Index is not { } index) return null;
        if (name.SequenceEqual("DescribePCR"u8)) return new DescribePcr(index);
        if (name.SequenceEqual("LockPCR"u8)) return new LockPcr(index);
        return name.SequenceEqual("ExtendPCR"u8) && arguments.Data is { } data
            ? new ExtendPcr(index, data)
            : null;
    }

    /// <summary>All arguments that any request has, by their names; null where not given.</summary>
    private ref struct Arguments
    {
        public ushort? Index { get; private set; }

        public ushort? Range { get; private set; }

        public byte[]? Data { get; private set; }

        public NsmOptions Options { get; private set; }

        public bool TryRead(ref StrictCborReader reader)
        {
            if (!reader.TryReadMapStart(ArgumentsMax, false, out CborSequence pairs)) return false;
            while (true)
            {
                if (!reader.TryMoveNext(ref pairs, out bool more)) return false;
                if (!more) return true;
                if (!reader.TryReadTextString(NameBytesMax, out ReadOnlySpan<byte> name)
                    || !TryReadValue(ref reader, name))
                {
                    return false;
                }
            }
        }

        private bool TryReadValue(ref StrictCborReader reader, ReadOnlySpan<byte> name)
        {
            switch (name)
            {
                case var _ when name.SequenceEqual("index"u8):
                    Index = Number(ref reader);
                    return Index is not null;
                case var _ when name.SequenceEqual("range"u8):
                    Range = Number(ref reader);
                    return Range is not null;
                case var _ when name.SequenceEqual("data"u8):
                    Data = Bytes(ref reader);
                    return Data is not null;
                case var _ when name.SequenceEqual("user_data"u8):
                    Options = Options with { UserData = Option(ref reader, out bool hasData) };
                    return hasData;
                case var _ when name.SequenceEqual("nonce"u8):
                    Options = Options with { Nonce = Option(ref reader, out bool hasNonce) };
                    return hasNonce;
                case var _ when name.SequenceEqual("public_key"u8):
                    Options = Options with { PublicKey = Option(ref reader, out bool hasKey) };
                    return hasKey;
                default:
                    return reader.TrySkip(UnknownDepthMax);
            }
        }

        private static ushort? Number(ref StrictCborReader reader) =>
            reader.TryReadUInt64(out ulong value) && value <= ushort.MaxValue
                ? (ushort)value
                : null;

        private static byte[]? Bytes(ref StrictCborReader reader) =>
            reader.TryReadByteString(NsmDevice.RequestBytesMax, out ReadOnlySpan<byte> bytes)
                ? bytes.ToArray()
                : null;

        /// <summary>Bytes, or null for an explicit null; neither is not good.</summary>
        private static ReadOnlyMemory<byte>? Option(ref StrictCborReader reader, out bool isGood)
        {
            isGood = true;
            if (reader.TryReadNull()) return null;
            if (Bytes(ref reader) is { } bytes) return bytes;
            isGood = false;
            return null;
        }
    }
}
