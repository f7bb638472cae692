using System.Collections.Immutable;
using Sequencer.Attestation.Verification;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Recipes;

namespace Sequencer.Enclave.Image.Building;

/// <summary>What comes of a recipe.</summary>
/// <param name="File">The image, <c>sequencer.eif</c>.</param>
/// <param name="Image">The same, read back.</param>
/// <param name="Measurements">The policy to publish, <c>measurements.json</c>.</param>
/// <param name="Bom">The bill of materials, <c>sbom.json</c>.</param>
/// <param name="Ramdisks">What became of each ramdisk.</param>
public sealed record BuiltImage(
    ReadOnlyMemory<byte> File,
    EifImage Image,
    TrustedImages Measurements,
    ReadOnlyMemory<byte> Bom,
    ImmutableArray<BuiltRamdisk> Ramdisks);

/// <summary>One ramdisk of a built image.</summary>
/// <param name="Recipe">What it was made from.</param>
/// <param name="Files">The files in it, in its order.</param>
/// <param name="ArchiveBytes">Length of the archive.</param>
/// <param name="Data">The archive as it lies in the image.</param>
/// <param name="Took">How long it took to make.</param>
public sealed record BuiltRamdisk(
    RecipeRamdisk Recipe,
    ImmutableArray<BuiltFile> Files,
    int ArchiveBytes,
    ReadOnlyMemory<byte> Data,
    TimeSpan Took);

/// <summary>A file that went into a ramdisk.</summary>
/// <param name="Entry">What the recipe says of it.</param>
/// <param name="Size">Its length, in bytes.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record BuiltFile(RecipeEntry Entry, int Size, Attestation.Digest Sha256);
