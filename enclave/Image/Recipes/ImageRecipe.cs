using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Ramdisks;

namespace Sequencer.Enclave.Image.Recipes;

/// <summary>
/// What goes into an image and where it comes from: the JSON <c>image.json</c>. Files are named
/// relative to the recipe's folder.
/// </summary>
public sealed record ImageRecipe
{
    /// <summary>Longest recipe, in bytes.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Name of the image.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the image.</summary>
    public required string Version { get; init; }

    /// <summary>The processor that it is for.</summary>
    public required EifArchitecture Architecture { get; init; }

    /// <summary>Memory for those who name none, in MiB.</summary>
    public required int DefaultMemoryMib { get; init; }

    /// <summary>Virtual processors for those who name none.</summary>
    public required int DefaultProcessors { get; init; }

    /// <summary>The kernel's file.</summary>
    public required string KernelFile { get; init; }

    /// <summary>The component that the kernel is of.</summary>
    public required string KernelComponent { get; init; }

    /// <summary>The kernel's command line.</summary>
    public required string CommandLine { get; init; }

    /// <summary>What the files come from.</summary>
    public required ImmutableArray<RecipeComponent> Components { get; init; }

    /// <summary>The ramdisks, in order.</summary>
    public required ImmutableArray<RecipeRamdisk> Ramdisks { get; init; }

    /// <summary>The architecture as recipes and measurements name it.</summary>
    public string ArchitectureName =>
        Architecture == EifArchitecture.Arm64 ? RecipeReader.Arm64 : RecipeReader.X64;

    /// <summary>
    /// Reads a recipe. When false, <paramref name="fault"/> names the member for the person who
    /// wrote it.
    /// </summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> json,
        [NotNullWhen(true)] out ImageRecipe? recipe,
        [NotNullWhen(false)] out string? fault) =>
        RecipeReader.TryRead(json, out recipe, out fault);
}

/// <summary>What files of an image come from: a package or a source archive.</summary>
/// <param name="Id">How entries refer to it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Supplier">Who made or distributes it.</param>
/// <param name="License">Its license, as an SPDX expression where there is one.</param>
/// <param name="Source">The source that it is built from, if that has another name.</param>
/// <param name="PackageUrl">Its package URL (purl).</param>
/// <param name="Sha256">Digest of the package or archive.</param>
public sealed record RecipeComponent(
    string Id, string Name, string Version, string Supplier, string License, string? Source,
    string PackageUrl, Attestation.Digest Sha256);

/// <summary>How a ramdisk lies in the image.</summary>
public enum RamdiskCompression
{
    /// <summary>As it is.</summary>
    None,

    /// <summary>Compressed with zstd.</summary>
    Zstd,
}

/// <summary>One ramdisk.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Compression">How it lies in the image.</param>
/// <param name="Entries">What is in it, in order.</param>
public sealed record RecipeRamdisk(
    string Name, RamdiskCompression Compression, ImmutableArray<RecipeEntry> Entries);

/// <summary>One entry of a ramdisk.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Where it is in the ramdisk.</param>
/// <param name="Permissions">The low twelve bits of its mode.</param>
public sealed record RecipeEntry(CpioKind Kind, string Path, int Permissions)
{
    /// <summary>The file that holds a file's content.</summary>
    public string? File { get; init; }

    /// <summary>Target of a symbolic link.</summary>
    public string? Target { get; init; }

    /// <summary>Major number of a device.</summary>
    public int DeviceMajor { get; init; }

    /// <summary>Minor number of a device.</summary>
    public int DeviceMinor { get; init; }

    /// <summary>The component that a file comes from; always there for files.</summary>
    public string? Component { get; init; }
}
