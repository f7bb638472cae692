using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>
/// Walks over one answer: first its name, or the device's error, then its fields in any order.
/// </summary>
/// <remarks>
/// Only shortest lengths, nothing trailing, every length bounded. Fields that are not known are
/// passed over: a newer device may say more, and an image is not to stop for that. Each read throws
/// <see cref="NsmException"/> on anything else than what was asked for.
/// </remarks>
internal ref struct NsmAnswer
{
    private const int NameBytesMax = 64;
    private const int FieldsMax = 32;
    private const int IgnoredDepthMax = 4;

    private readonly string _request;
    private StrictCborReader _reader;
    private CborSequence _fields;

    private NsmAnswer(ReadOnlySpan<byte> response, string request)
    {
        _request = request;
        _reader = new StrictCborReader(response);
    }

    /// <summary>Enters the answer to a request that is answered with fields.</summary>
    public static NsmAnswer Open(ReadOnlySpan<byte> response, string request)
    {
        var answer = new NsmAnswer(response, request);
        answer.EnterNamed();
        answer.Check(answer._reader.TryReadMapStart(
            FieldsMax, allowIndefinite: true, out answer._fields));
        return answer;
    }

    /// <summary>Reads the answer to a request that is answered with its name alone.</summary>
    public static void ReadName(ReadOnlySpan<byte> response, string request)
    {
        var answer = new NsmAnswer(response, request);
        if (!answer._reader.TryPeekKind(out CborKind kind) || kind != CborKind.TextString)
        {
            answer.EnterNamed();
            throw answer.Unreadable("fields where none are");
        }
        answer.ReadOwnName();
        answer.Check(answer._reader.TryReadEnd());
    }

    /// <summary>Comes to the next field; false after the last, when all bytes are read.</summary>
    public bool Next(out ReadOnlySpan<byte> name)
    {
        name = default;
        Check(_reader.TryMoveNext(ref _fields, out bool more));
        if (!more)
        {
            Check(_reader.TryReadEnd());
            return false;
        }
        Check(_reader.TryReadTextString(NameBytesMax, out name));
        return true;
    }

    /// <summary>Reads a field of bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int minLength, int maxLength)
    {
        Check(_reader.TryReadByteString(maxLength, out ReadOnlySpan<byte> bytes));
        return bytes.Length >= minLength ? bytes : throw Unreadable($"{bytes.Length} bytes");
    }

    /// <summary>Reads a field of text, at least a byte of it.</summary>
    public string Text(int maxLength)
    {
        Check(_reader.TryReadTextString(maxLength, out ReadOnlySpan<byte> utf8));
        return utf8.IsEmpty ? throw Unreadable("empty text") : Encoding.UTF8.GetString(utf8);
    }

    /// <summary>Reads an integer of 16 bits.</summary>
    public ushort Number()
    {
        Check(_reader.TryReadUInt64(out ulong value));
        return value <= ushort.MaxValue ? (ushort)value : throw Unreadable($"number {value}");
    }

    /// <summary>Reads a truth value.</summary>
    public bool Flag()
    {
        Check(_reader.TryReadBoolean(out bool value));
        return value;
    }

    /// <summary>Reads an array of at most so many numbers, strictly ascending.</summary>
    public ushort[] Numbers(int maxCount)
    {
        Check(_reader.TryReadArrayStart(maxCount, allowIndefinite: true, out CborSequence items));
        var numbers = new List<ushort>(maxCount);
        while (true)
        {
            Check(_reader.TryMoveNext(ref items, out bool more));
            if (!more) return [.. numbers];
            ushort number = Number();
            if (numbers.Count > 0 && number <= numbers[^1]) throw Unreadable("numbers in disorder");
            numbers.Add(number);
        }
    }

    /// <summary>Passes over a field that is not known.</summary>
    public void Skip() => Check(_reader.TrySkip(IgnoredDepthMax));

    /// <summary>Keeps a field's value, which must be its first.</summary>
    public readonly void Keep<T>(ref T? place, T value)
    {
        if (place is not null) throw Unreadable("a field twice");
        place = value;
    }

    /// <summary>A field that must have been there.</summary>
    public readonly T Required<T>(T? value)
        where T : class => value ?? throw Unreadable("a field is missing");

    /// <inheritdoc cref="Required{T}(T)"/>
    public readonly T Required<T>(T? value)
        where T : struct => value ?? throw Unreadable("a field is missing");

    /// <summary>Enters the map of one pair whose key is the request's name.</summary>
    private void EnterNamed()
    {
        Check(_reader.TryReadMapStart(1, allowIndefinite: false, out CborSequence outer));
        Check(_reader.TryMoveNext(ref outer, out bool more));
        if (!more) throw Unreadable("an empty map");
        ReadOwnName();
    }

    private void ReadOwnName()
    {
        Check(_reader.TryReadTextString(NameBytesMax, out ReadOnlySpan<byte> utf8));
        string name = Encoding.UTF8.GetString(utf8);
        if (name == _request) return;
        throw name == "Error" ? Refused() : Unreadable("the answer to another request");
    }

    private NsmException Refused()
    {
        Check(_reader.TryReadTextString(NameBytesMax, out ReadOnlySpan<byte> utf8));
        Check(_reader.TryReadEnd());
        return NsmRefusal.TryParse(utf8, out NsmError error)
            ? new NsmException(error, $"The NSM refused {_request}: {NsmRefusal.Advice(error)}")
            : Unreadable("an error that is not known");
    }

    private readonly void Check(bool read)
    {
        if (!read) throw Unreadable($"{_reader.Fault} at byte {_reader.Position}");
    }

    private readonly NsmException Unreadable(string what) =>
        new($"The NSM's answer to {_request} cannot be read: {what}");
}
