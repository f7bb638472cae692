using System.Buffers.Binary;
using System.Text.Unicode;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// A forward reader of CBOR (RFC 8949) for hostile input: shortest lengths only, no reserved forms,
/// every length and count bounded by the caller before use. A failed read says why in
/// <see cref="Fault"/>, does not advance and never throws.
/// </summary>
/// <remarks>
/// Map order and duplicate keys are the caller's to check: Nitro's maps are not in canonical order.
/// </remarks>
public ref struct StrictCborReader
{
    private const byte Break = 0xff;

    private readonly ReadOnlySpan<byte> _data;
    private int _position;

    /// <summary>Reads from the start of <paramref name="data"/>.</summary>
    public StrictCborReader(ReadOnlySpan<byte> data)
    {
        _data = data;
        _position = 0;
        Fault = CborFault.None;
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>True when every byte is read.</summary>
    public readonly bool AtEnd => _position == _data.Length;

    /// <summary>Why the latest failed read failed.</summary>
    public CborFault Fault { get; private set; }

    /// <summary>The major type of the next item; false at the end of the input.</summary>
    public readonly bool TryPeekKind(out CborKind kind)
    {
        kind = AtEnd ? default : (CborKind)(_data[_position] >> 5);
        return !AtEnd;
    }

    /// <summary>Reads an unsigned integer.</summary>
    public bool TryReadUInt64(out ulong value) => TryTake(CborKind.UnsignedInteger, out value);

    /// <summary>Reads the number of a tag; the tagged item follows.</summary>
    public bool TryReadTag(out ulong tag) => TryTake(CborKind.Tag, out tag);

    /// <summary>Reads a byte string of at most so many bytes, in place.</summary>
    public bool TryReadByteString(int maxLength, out ReadOnlySpan<byte> bytes) =>
        TryReadString(CborKind.ByteString, maxLength, out bytes);

    /// <summary>
    /// Reads a text string of at most so many bytes of well-formed UTF-8, in place.
    /// </summary>
    public bool TryReadTextString(int maxLength, out ReadOnlySpan<byte> utf8)
    {
        int start = _position;
        if (!TryReadString(CborKind.TextString, maxLength, out utf8)) return false;
        if (Utf8.IsValid(utf8)) return true;
        _position = start;
        utf8 = default;
        return Fail(CborFault.InvalidUtf8);
    }

    /// <summary>Reads null; any other item is left where it is.</summary>
    public bool TryReadNull()
    {
        int start = _position;
        if (!TryTake(CborKind.Simple, out ulong value)) return false;
        if (value == (ulong)SimpleValue.Null) return true;
        _position = start;
        return Fail(CborFault.WrongType);
    }

    /// <summary>Reads false or true.</summary>
    public bool TryReadBoolean(out bool value)
    {
        int start = _position;
        value = false;
        if (!TryTake(CborKind.Simple, out ulong simple)) return false;
        if (simple == (ulong)SimpleValue.Null)
        {
            _position = start;
            return Fail(CborFault.WrongType);
        }
        value = simple == (ulong)SimpleValue.True;
        return true;
    }

    /// <summary>Enters an array of at most <paramref name="maxCount"/> elements.</summary>
    public bool TryReadArrayStart(int maxCount, bool allowIndefinite, out CborSequence elements) =>
        TryReadStart(CborKind.Array, maxCount, allowIndefinite, out elements);

    /// <summary>Enters a map of at most <paramref name="maxCount"/> pairs.</summary>
    public bool TryReadMapStart(int maxCount, bool allowIndefinite, out CborSequence keys) =>
        TryReadStart(CborKind.Map, maxCount, allowIndefinite, out keys);

    /// <summary>
    /// Says whether the collection has one <paramref name="more"/> element or key; reads the break
    /// of an indefinite one. False when it holds more than its bound or is cut off.
    /// </summary>
    public bool TryMoveNext(ref CborSequence sequence, out bool more)
    {
        more = false;
        if (sequence.IsIndefinite)
        {
            if (AtEnd) return Fail(CborFault.Truncated);
            if (_data[_position] == Break)
            {
                _position++;
                return true;
            }
            if (sequence.IsFull) return Fail(CborFault.TooLong);
        }
        else if (sequence.IsFull)
        {
            return true;
        }
        sequence.Take();
        more = true;
        return true;
    }

    /// <summary>
    /// Passes over one item of any type, with at most so many collections and tags around another.
    /// It must be well formed by the same rules; its duplicate keys are not looked for.
    /// </summary>
    public bool TrySkip(int maxDepth)
    {
        int start = _position;
        if (Skip(maxDepth)) return true;
        _position = start;
        // Nothing but the end of the input bounds an item that is passed over.
        if (Fault == CborFault.TooLong) Fault = CborFault.Truncated;
        return false;
    }

    /// <summary>Checks that nothing follows.</summary>
    public bool TryReadEnd() => AtEnd || Fail(CborFault.TrailingBytes);

    private bool Skip(int depthLeft)
    {
        if (!TryPeekHead(out Head head)) return false;
        switch (head.Kind)
        {
            case CborKind.ByteString:
                return TryReadByteString(_data.Length, out _);
            case CborKind.TextString:
                return TryReadTextString(_data.Length, out _);
            case CborKind.Tag:
                if (depthLeft == 0) return Fail(CborFault.TooDeep);
                _position += head.Size;
                return Skip(depthLeft - 1);
            case CborKind.Array or CborKind.Map:
                if (depthLeft == 0) return Fail(CborFault.TooDeep);
                return SkipElements(head.Kind, depthLeft - 1);
            default:
                _position += head.Size;
                return true;
        }
    }

    private bool SkipElements(CborKind kind, int depthLeft)
    {
        // Every element takes at least a byte, so the rest of the input bounds their number.
        int bound = _data.Length - _position;
        if (!TryReadStart(kind, bound, true, out CborSequence elements)) return false;
        while (true)
        {
            if (!TryMoveNext(ref elements, out bool more)) return false;
            if (!more) return true;
            if (!Skip(depthLeft)) return false;
            if (kind == CborKind.Map && !Skip(depthLeft)) return false;
        }
    }

    private bool TryReadStart(
        CborKind kind, int maxCount, bool allowIndefinite, out CborSequence sequence)
    {
        sequence = default;
        if (!TryPeekHead(out Head head)) return false;
        if (head.Kind != kind) return Fail(CborFault.WrongType);
        if (head.IsIndefinite && !allowIndefinite) return Fail(CborFault.Indefinite);
        if (!head.IsIndefinite && head.Value > (ulong)maxCount) return Fail(CborFault.TooLong);
        int limit = head.IsIndefinite ? maxCount : (int)head.Value;
        sequence = new CborSequence(limit, head.IsIndefinite);
        _position += head.Size;
        return true;
    }

    private bool TryReadString(CborKind kind, int maxLength, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryPeekHead(out Head head)) return false;
        if (head.Kind != kind) return Fail(CborFault.WrongType);
        if (head.IsIndefinite) return Fail(CborFault.Indefinite);
        if (head.Value > (ulong)maxLength) return Fail(CborFault.TooLong);
        int start = _position + head.Size;
        int length = (int)head.Value;
        if (length > _data.Length - start) return Fail(CborFault.Truncated);
        bytes = _data.Slice(start, length);
        _position = start + length;
        return true;
    }

    private bool TryTake(CborKind kind, out ulong value)
    {
        value = 0;
        if (!TryPeekHead(out Head head)) return false;
        if (head.Kind != kind) return Fail(CborFault.WrongType);
        value = head.Value;
        _position += head.Size;
        return true;
    }

    /// <summary>Reads the head of the next item without advancing.</summary>
    private bool TryPeekHead(out Head head)
    {
        head = default;
        if (AtEnd) return Fail(CborFault.Truncated);
        var kind = (CborKind)(_data[_position] >> 5);
        int info = _data[_position] & 0x1f;
        if (kind == CborKind.Simple)
        {
            if (info is < (int)SimpleValue.False or > (int)SimpleValue.Null)
            {
                return Fail(CborFault.ReservedForm);
            }
            head = new Head(kind, (ulong)info, 1, false);
            return true;
        }
        switch (info)
        {
            case < 24:
                head = new Head(kind, (ulong)info, 1, false);
                return true;
            case <= 27:
                return TryPeekArgument(kind, 1 << (info - 24), out head);
            case 31 when kind is >= CborKind.ByteString and <= CborKind.Map:
                head = new Head(kind, 0, 1, true);
                return true;
            default:
                return Fail(CborFault.ReservedForm);
        }
    }

    private bool TryPeekArgument(CborKind kind, int size, out Head head)
    {
        head = default;
        ReadOnlySpan<byte> rest = _data[(_position + 1)..];
        if (rest.Length < size) return Fail(CborFault.Truncated);
        (ulong value, ulong least) = size switch
        {
            1 => (rest[0], 24UL),
            2 => (BinaryPrimitives.ReadUInt16BigEndian(rest), 1UL << 8),
            4 => (BinaryPrimitives.ReadUInt32BigEndian(rest), 1UL << 16),
            _ => (BinaryPrimitives.ReadUInt64BigEndian(rest), 1UL << 32),
        };
        if (value < least) return Fail(CborFault.NotMinimal);
        head = new Head(kind, value, 1 + size, false);
        return true;
    }

    private bool Fail(CborFault fault)
    {
        Fault = fault;
        return false;
    }

    private enum SimpleValue
    {
        False = 20,
        True = 21,
        Null = 22,
    }

    private readonly record struct Head(CborKind Kind, ulong Value, int Size, bool IsIndefinite);
}
