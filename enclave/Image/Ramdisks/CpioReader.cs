using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Sequencer.Enclave.Image.Ramdisks;

/// <summary>Reads ramdisks that may be hostile, to show what is in them.</summary>
public static class CpioReader
{
    private const int KindBits = 0xf000;
    private const int PermissionBits = 0xfff;

    /// <summary>Most entries that are read.</summary>
    public const int EntriesMax = 1 << 17;

    /// <summary>
    /// Reads one whole archive, behind which only zeros may follow. When false,
    /// <paramref name="fault"/> says where it ends to be one.
    /// </summary>
    public static bool TryRead(
        ReadOnlyMemory<byte> archive,
        out ImmutableArray<CpioEntry> entries,
        [NotNullWhen(false)] out string? fault)
    {
        var found = ImmutableArray.CreateBuilder<CpioEntry>();
        entries = [];
        int at = 0;
        while (true)
        {
            int start = at;
            fault = $"byte {start}: no entry of a newc archive";
            if (!TryReadEntry(archive, ref at, out CpioEntry? entry)) return false;
            if (entry.Path == CpioFormat.Trailer) break;
            fault = $"byte {start}: more than {EntriesMax} entries";
            if (found.Count == EntriesMax) return false;
            found.Add(entry);
        }
        fault = $"byte {at}: something follows the archive's end";
        if (archive.Span[at..].ContainsAnyExcept((byte)0)) return false;
        fault = null;
        entries = found.ToImmutable();
        return true;
    }

    private static bool TryReadEntry(
        ReadOnlyMemory<byte> archive, ref int at, [NotNullWhen(true)] out CpioEntry? entry)
    {
        entry = null;
        Span<uint> fields = stackalloc uint[CpioFormat.FieldCount];
        if (!TryReadHeader(archive.Span[at..], fields)) return false;
        long nameAt = (long)at + CpioFormat.HeaderBytes;
        long nameEnd = nameAt + fields[11];
        long dataAt = nameEnd + CpioFormat.Padding(nameEnd, CpioFormat.Alignment);
        long dataEnd = dataAt + fields[6];
        long end = dataEnd + CpioFormat.Padding(dataEnd, CpioFormat.Alignment);
        if (fields[11] is < 2 or > CpioFormat.PathBytesMax || end > archive.Length) return false;
        ReadOnlySpan<byte> name = archive.Span[(int)nameAt..(int)(nameEnd - 1)];
        if (archive.Span[(int)nameEnd - 1] != 0 || !Utf8.IsValid(name)) return false;
        var kind = (CpioKind)(fields[1] & KindBits);
        string path = Encoding.UTF8.GetString(name);
        // The trailer has no mode; every other entry is one of the kinds that a ramdisk needs.
        if (!Enum.IsDefined(kind) && path != CpioFormat.Trailer) return false;
        entry = new CpioEntry(kind, path, (int)(fields[1] & PermissionBits))
        {
            Data = archive[(int)dataAt..(int)dataEnd],
            DeviceMajor = (int)(fields[9] & int.MaxValue),
            DeviceMinor = (int)(fields[10] & int.MaxValue),
        };
        at = (int)end;
        return true;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> bytes, Span<uint> fields)
    {
        if (bytes.Length < CpioFormat.HeaderBytes) return false;
        if (!bytes.StartsWith(CpioFormat.Magic)) return false;
        for (int i = 0; i < fields.Length; i++)
        {
            ReadOnlySpan<byte> digits = bytes.Slice(
                CpioFormat.Magic.Length + i * CpioFormat.FieldDigits, CpioFormat.FieldDigits);
            if (!Utf8Parser.TryParse(digits, out fields[i], out int read, 'X')
                || read != CpioFormat.FieldDigits)
            {
                return false;
            }
        }
        return true;
    }
}
