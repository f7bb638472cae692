using System.Buffers.Binary;
using System.Text;

namespace Sequencer.Bench.Load;

/// <summary>
/// The bytes of one call with its entries in place, written once; each next call stamps its entries
/// with numbers of their own, so that no two entries of a load are the same.
/// </summary>
internal sealed class CallBytes
{
    /// <summary>Bytes of an entry, the same for every system.</summary>
    public const int EntryBytes = 256;

    private readonly MemoryStream _bytes = new();
    private readonly List<int> _entries = [];
    private readonly Random _random = new();
    private ulong _stamp;
    private byte[]? _whole;

    /// <summary>Begins with a stamp that no other connection or process comes near.</summary>
    public CallBytes() => _stamp = (ulong)_random.NextInt64() << 1;

    /// <summary>Entries that a call carries.</summary>
    public int Entries => _entries.Count;

    public CallBytes Text(string text) => Raw(Encoding.ASCII.GetBytes(text));

    public CallBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public CallBytes Int16(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(short)];
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)value);
        return Raw(bytes);
    }

    public CallBytes Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return Raw(bytes);
    }

    /// <summary>Adds an entry: random bytes, which no server can compress.</summary>
    public CallBytes Entry()
    {
        _entries.Add((int)_bytes.Length);
        var entry = new byte[EntryBytes];
        _random.NextBytes(entry);
        return Raw(entry);
    }

    /// <summary>The bytes of the next call, valid until the one after it.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        _whole ??= _bytes.ToArray();
        foreach (int entry in _entries)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_whole.AsSpan(entry), _stamp++);
        }
        return _whole;
    }
}
