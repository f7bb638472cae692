using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sequencer.Enclave.Image.Measuring;

namespace Sequencer.Enclave.Image.Eif;

/// <summary>An enclave image file (EIF, version 4) whose every rule holds.</summary>
/// <remarks>The memory that was read stays referenced; nobody may change it.</remarks>
public sealed class EifImage
{
    internal EifImage(
        EifArchitecture architecture,
        ulong defaultMemoryBytes,
        ulong defaultProcessors,
        uint checksum,
        ImmutableArray<EifSection> sections)
    {
        Architecture = architecture;
        DefaultMemoryBytes = defaultMemoryBytes;
        DefaultProcessors = defaultProcessors;
        Checksum = checksum;
        Sections = sections;
        Ramdisks =
        [
            .. sections.Where(s => s.Type == EifSectionType.Ramdisk).Select(s => s.Data),
        ];
    }

    /// <summary>The processor that it is for. In no measurement.</summary>
    public EifArchitecture Architecture { get; }

    /// <summary>Memory for those who name none, in bytes. In no measurement.</summary>
    public ulong DefaultMemoryBytes { get; }

    /// <summary>Virtual processors for those who name none. In no measurement.</summary>
    public ulong DefaultProcessors { get; }

    /// <summary>CRC-32 of the file.</summary>
    public uint Checksum { get; }

    /// <summary>All sections, in the file's order.</summary>
    public ImmutableArray<EifSection> Sections { get; }

    /// <summary>The kernel.</summary>
    public ReadOnlyMemory<byte> Kernel => Only(EifSectionType.Kernel)!.Value;

    /// <summary>The kernel's command line, in bytes as they are measured.</summary>
    public ReadOnlyMemory<byte> CommandLine => Only(EifSectionType.CommandLine)!.Value;

    /// <summary><see cref="CommandLine"/> as text.</summary>
    public string CommandLineText => Encoding.UTF8.GetString(CommandLine.Span);

    /// <summary>The ramdisks, one or more, in order.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Ramdisks { get; }

    /// <summary>JSON about the build, as its maker claims it. In no measurement.</summary>
    public ReadOnlyMemory<byte> Metadata => Only(EifSectionType.Metadata)!.Value;

    /// <summary>The signature section, unverified; null if the image is unsigned.</summary>
    public ReadOnlyMemory<byte>? Signature => Only(EifSectionType.Signature);

    /// <summary>
    /// Reads an image. When false, <paramref name="refusal"/> says which rule the bytes break.
    /// </summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> file,
        [NotNullWhen(true)] out EifImage? image,
        [NotNullWhen(false)] out EifRefusal? refusal)
    {
        refusal = new EifReader(file).Read(out image);
        return image is not null;
    }

    /// <summary>PCR0, PCR1 and PCR2, which the contents decide.</summary>
    public ImagePcrs Measure() => ImagePcrs.Of(Kernel.Span, CommandLine.Span, Ramdisks);

    private ReadOnlyMemory<byte>? Only(EifSectionType type)
    {
        foreach (EifSection section in Sections)
        {
            if (section.Type == type) return section.Data;
        }
        return null;
    }
}
