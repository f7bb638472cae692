using System.Buffers.Binary;
using System.Text;

namespace Sequencer.Enclave.Image.Eif;

/// <summary>Writes images: the same content always gives the same bytes.</summary>
public static class EifWriter
{
    /// <summary>The file.</summary>
    /// <exception cref="ArgumentException">
    /// The content makes no image: no ramdisk or too many, a command line that is no plain text, or
    /// a part beyond its limit. The message says which rule it would break.
    /// </exception>
    public static byte[] Write(EifContent content)
    {
        List<(EifSectionType Type, ReadOnlyMemory<byte> Data)> sections = Sections(content);
        if (sections.Count > EifFormat.SectionsMax)
        {
            throw new ArgumentException($"{sections.Count} sections are more than an image holds.");
        }
        long length = EifFormat.HeaderBytes
            + sections.Sum(s => EifFormat.SectionHeaderBytes + (long)s.Data.Length);
        if (length > EifFormat.FileBytesMax)
        {
            throw new ArgumentException($"{length} bytes are more than an image can have.");
        }
        var file = new byte[length];
        WriteHeader(file, content, sections.Count);
        int at = EifFormat.HeaderBytes;
        for (int i = 0; i < sections.Count; i++)
        {
            (EifSectionType type, ReadOnlyMemory<byte> data) = sections[i];
            UInt64(file, EifFormat.OffsetsAt + 8 * i, (ulong)at);
            UInt64(file, EifFormat.SizesAt + 8 * i, (ulong)data.Length);
            UInt16(file, at, (int)type);
            UInt64(file, at + 4, (ulong)data.Length);
            data.Span.CopyTo(file.AsSpan(at + EifFormat.SectionHeaderBytes));
            at += EifFormat.SectionHeaderBytes + data.Length;
        }
        BinaryPrimitives.WriteUInt32BigEndian(
            file.AsSpan(EifFormat.ChecksumAt), EifReader.Checksum(file));
        // The reader has all the rules; whatever breaks one is never written.
        return EifImage.TryParse(file, out _, out EifRefusal? refusal)
            ? file
            : throw new ArgumentException($"This makes no image: {refusal}.");
    }

    private static List<(EifSectionType, ReadOnlyMemory<byte>)> Sections(EifContent content)
    {
        List<(EifSectionType, ReadOnlyMemory<byte>)> sections =
        [
            (EifSectionType.Kernel, content.Kernel),
            (EifSectionType.CommandLine, Encoding.UTF8.GetBytes(content.CommandLine)),
            (EifSectionType.Metadata, content.Metadata),
            .. content.Ramdisks.Select(data => (EifSectionType.Ramdisk, data)),
        ];
        if (content.Signature is { } signature)
        {
            sections.Add((EifSectionType.Signature, signature));
        }
        return sections;
    }

    private static void WriteHeader(byte[] file, EifContent content, int sectionCount)
    {
        EifFormat.Magic.CopyTo(file);
        UInt16(file, EifFormat.VersionAt, EifFormat.Version);
        UInt16(
            file, EifFormat.FlagsAt,
            content.Architecture == EifArchitecture.Arm64 ? EifFormat.Arm64Flag : 0);
        UInt64(file, EifFormat.MemoryAt, content.DefaultMemoryBytes);
        UInt64(file, EifFormat.ProcessorsAt, content.DefaultProcessors);
        UInt16(file, EifFormat.SectionCountAt, sectionCount);
    }

    private static void UInt16(byte[] file, int at, int value) =>
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(at), (ushort)value);

    private static void UInt64(byte[] file, int at, ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(at), value);
}
