using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Sequencer.Enclave.Image.Eif;

/// <summary>
/// Reads images that may be hostile. One form only: sections lie without gaps in the order in which
/// they are measured, and what has no meaning is zero, so that a file says nothing twice.
/// </summary>
internal readonly ref struct EifReader(ReadOnlyMemory<byte> file)
{
    private readonly ReadOnlyMemory<byte> _file = file;

    private ReadOnlySpan<byte> Bytes => _file.Span;

    /// <summary>The image, or why there is none.</summary>
    public EifRefusal? Read(out EifImage? image)
    {
        image = null;
        if (CheckHeader() is { } fault) return fault;
        var sections = ImmutableArray.CreateBuilder<EifSection>(UInt16(EifFormat.SectionCountAt));
        if (ReadSections(sections) is { } inSections) return inSections;
        if (CheckOrder(sections) is { } inOrder) return inOrder;
        if (CheckContents(sections) is { } inContents) return inContents;
        uint stored = UInt32(EifFormat.ChecksumAt);
        uint computed = Checksum(Bytes);
        if (stored != computed)
        {
            return Refuse(
                EifFault.Checksum, EifFormat.ChecksumAt, $"{computed:x8}", $"{stored:x8}");
        }
        image = new EifImage(
            (UInt16(EifFormat.FlagsAt) & EifFormat.Arm64Flag) == 0
                ? EifArchitecture.X64 : EifArchitecture.Arm64,
            UInt64(EifFormat.MemoryAt),
            UInt64(EifFormat.ProcessorsAt),
            stored,
            sections.ToImmutable());
        return null;
    }

    /// <summary>The checksum of a whole file, which has a header at least.</summary>
    public static uint Checksum(ReadOnlySpan<byte> file) => Crc32.Append(
        Crc32.Append(0, file[..EifFormat.ChecksumAt]), file[EifFormat.HeaderBytes..]);

    private EifRefusal? CheckHeader()
    {
        if (_file.Length > EifFormat.FileBytesMax)
        {
            return Refuse(
                EifFault.TooLong, 0, $"at most {EifFormat.FileBytesMax} bytes", $"{_file.Length}");
        }
        if (!Bytes.StartsWith(EifFormat.Magic))
        {
            return Refuse(EifFault.Magic, 0, "an enclave image, which begins with .eif", "another");
        }
        if (_file.Length < EifFormat.HeaderBytes)
        {
            return Refuse(
                EifFault.Truncated, _file.Length, $"a header of {EifFormat.HeaderBytes} bytes",
                $"{_file.Length} bytes");
        }
        return Expect(EifFault.Version, EifFormat.VersionAt, EifFormat.Version)
            ?? CheckFlags()
            ?? Expect(EifFault.Reserved, EifFormat.ReservedAt, 0)
            ?? CheckUnused();
    }

    private EifRefusal? CheckFlags()
    {
        int flags = UInt16(EifFormat.FlagsAt);
        return (flags & ~EifFormat.Arm64Flag) == 0
            ? null
            : Refuse(EifFault.Flags, EifFormat.FlagsAt, "no flag but bit 0", $"{flags:x4}");
    }

    private EifRefusal? CheckUnused()
    {
        int count = UInt16(EifFormat.SectionCountAt);
        if (count is 0 or > EifFormat.SectionsMax)
        {
            return Refuse(
                EifFault.SectionCount, EifFormat.SectionCountAt, "1 to 32 sections", $"{count}");
        }
        for (int i = count; i < EifFormat.SectionsMax; i++)
        {
            foreach (int at in new[] { EifFormat.OffsetsAt + 8 * i, EifFormat.SizesAt + 8 * i })
            {
                if (UInt64(at) != 0) return Refuse(EifFault.Reserved, at, "0", $"{UInt64(at)}");
            }
        }
        uint unused = UInt32(EifFormat.UnusedAt);
        return unused == 0
            ? null
            : Refuse(EifFault.Reserved, EifFormat.UnusedAt, "0", $"{unused}");
    }

    private EifRefusal? ReadSections(ImmutableArray<EifSection>.Builder sections)
    {
        int at = EifFormat.HeaderBytes;
        for (int i = 0; i < UInt16(EifFormat.SectionCountAt); i++)
        {
            int offsetAt = EifFormat.OffsetsAt + 8 * i;
            int sizeAt = EifFormat.SizesAt + 8 * i;
            if (UInt64(offsetAt) != (ulong)at)
            {
                return Refuse(EifFault.SectionOffset, offsetAt, $"{at}", $"{UInt64(offsetAt)}");
            }
            if (_file.Length - at < EifFormat.SectionHeaderBytes)
            {
                return Refuse(
                    EifFault.Truncated, at, "the header of a section",
                    $"{_file.Length - at} bytes");
            }
            ulong size = UInt64(at + 4);
            if (UInt64(sizeAt) != size)
            {
                return Refuse(
                    EifFault.SectionSize, sizeAt, $"{size} as the section says",
                    $"{UInt64(sizeAt)}");
            }
            int dataAt = at + EifFormat.SectionHeaderBytes;
            if (size > (ulong)(_file.Length - dataAt))
            {
                return Refuse(
                    EifFault.Truncated, dataAt, $"{size} bytes", $"{_file.Length - dataAt}");
            }
            int type = UInt16(at);
            if (type is < (int)EifSectionType.Kernel or > (int)EifSectionType.Metadata)
            {
                return Refuse(EifFault.SectionType, at, "a type from 1 to 5", $"{type}");
            }
            if (Expect(EifFault.Flags, at + 2, 0) is { } flagged) return flagged;
            sections.Add(
                new EifSection((EifSectionType)type, at, _file.Slice(dataAt, (int)size)));
            at = dataAt + (int)size;
        }
        return at == _file.Length
            ? null
            : Refuse(
                EifFault.TrailingBytes, at, "the end of the file", $"{_file.Length - at} bytes");
    }

    // The order in which an enclave is measured is that of the file; with one order, images with
    // the same measurements have the same bytes. Where one part ends and the next begins, no PCR
    // says.
    private static EifRefusal? CheckOrder(ImmutableArray<EifSection>.Builder sections)
    {
        EifSectionType[] start =
            [EifSectionType.Kernel, EifSectionType.CommandLine, EifSectionType.Metadata];
        for (int i = 0; i < sections.Count; i++)
        {
            EifSectionType type = sections[i].Type;
            bool isInPlace = i < start.Length
                ? type == start[i]
                : type == EifSectionType.Ramdisk
                    || (type == EifSectionType.Signature
                        && i > start.Length && i == sections.Count - 1);
            if (isInPlace) continue;
            string expected = i < start.Length ? $"{start[i]}" : "a ramdisk, or a signature last";
            return Refuse(EifFault.SectionOrder, sections[i].Offset, expected, $"{type}");
        }
        return sections.Count > start.Length
            ? null
            : Refuse(
                EifFault.SectionOrder, EifFormat.SectionCountAt, "one ramdisk at least", "none");
    }

    private static EifRefusal? CheckContents(ImmutableArray<EifSection>.Builder sections)
    {
        foreach (EifSection section in sections)
        {
            int max = section.Type switch
            {
                EifSectionType.CommandLine => EifFormat.CommandLineBytesMax,
                EifSectionType.Metadata => EifFormat.MetadataBytesMax,
                EifSectionType.Signature => EifFormat.SignatureBytesMax,
                _ => int.MaxValue,
            };
            if (section.Data.Length > max)
            {
                return Refuse(
                    section.Type == EifSectionType.CommandLine
                        ? EifFault.CommandLine : EifFault.SectionTooLong,
                    section.Offset, $"at most {max} bytes", $"{section.Data.Length}");
            }
            if (section.Type == EifSectionType.CommandLine && !IsPlainText(section.Data.Span))
            {
                return Refuse(
                    EifFault.CommandLine, section.Offset + EifFormat.SectionHeaderBytes,
                    "text without control characters", "other bytes");
            }
        }
        return null;
    }

    /// <summary>True for what a command line may be: nothing that a terminal obeys.</summary>
    public static bool IsPlainText(ReadOnlySpan<byte> utf8) =>
        Utf8.IsValid(utf8) && !Encoding.UTF8.GetString(utf8).Any(char.IsControl);

    private EifRefusal? Expect(EifFault fault, int at, int value) =>
        UInt16(at) == value ? null : Refuse(fault, at, $"{value}", $"{UInt16(at)}");

    private static EifRefusal Refuse(
        EifFault fault, long offset, string expected, string actual) =>
        new(fault, offset, expected, actual);

    private int UInt16(int at) => BinaryPrimitives.ReadUInt16BigEndian(Bytes[at..]);

    private uint UInt32(int at) => BinaryPrimitives.ReadUInt32BigEndian(Bytes[at..]);

    private ulong UInt64(int at) => BinaryPrimitives.ReadUInt64BigEndian(Bytes[at..]);
}
