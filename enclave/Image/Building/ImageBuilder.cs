using System.Collections.Immutable;
using System.Text;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Measuring;
using Sequencer.Enclave.Image.Ramdisks;
using Sequencer.Enclave.Image.Recipes;
using Sequencer.Enclave.Image.Signing;

namespace Sequencer.Enclave.Image.Building;

/// <summary>
/// Builds images from recipes. The same recipe, files and zstd program give the same bytes in any
/// folder, on any day, unless the image is signed.
/// </summary>
public sealed class ImageBuilder
{
    private const long MebibyteBytes = 1 << 20;

    /// <summary>The folder that the recipe's files are relative to.</summary>
    public required string Folder { get; init; }

    /// <summary>Compresses ramdisks.</summary>
    public ZstdProgram Zstd { get; init; } = new();

    /// <summary>Signs the image; null for an unsigned one.</summary>
    public ImageSigner? Signer { get; init; }

    /// <summary>What the metadata call the time of the build.</summary>
    public DateTimeOffset BuildTime { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Tells each step, for people.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Measures how long steps take; in no output.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Builds an image.</summary>
    /// <exception cref="ImageBuildException">A file is missing, a path is no path, a program fails,
    /// or the parts make no image.</exception>
    public async Task<BuiltImage> BuildAsync(
        ImageRecipe recipe, CancellationToken cancellationToken)
    {
        Progress?.Invoke($"kernel: {recipe.KernelFile}");
        byte[] kernel = ReadFile(recipe.KernelFile);
        var ramdisks = ImmutableArray.CreateBuilder<BuiltRamdisk>();
        foreach (RecipeRamdisk ramdisk in recipe.Ramdisks)
        {
            ramdisks.Add(await BuildRamdiskAsync(ramdisk, cancellationToken));
        }
        byte[] commandLine = Encoding.UTF8.GetBytes(recipe.CommandLine);
        ReadOnlyMemory<byte>[] data = [.. ramdisks.Select(r => r.Data)];
        ImagePcrs pcrs = ImagePcrs.Of(kernel, commandLine, data);
        if (Signer is not null) Progress?.Invoke($"signing as {Signer.Certificate.Subject}");
        byte[] file = Write(new EifContent
        {
            Architecture = recipe.Architecture,
            DefaultMemoryBytes = (ulong)(recipe.DefaultMemoryMib * MebibyteBytes),
            DefaultProcessors = (ulong)recipe.DefaultProcessors,
            Kernel = kernel,
            CommandLine = recipe.CommandLine,
            Metadata = ImageMetadata.Write(
                recipe.Name, recipe.Version, KernelVersion(recipe), BuildTime),
            Ramdisks = data,
            Signature = Signer is null ? null : (ReadOnlyMemory<byte>?)Signer.Sign(pcrs.Pcr0.Span),
        });
        Progress?.Invoke("reading the image back");
        EifImage image = ReadBack(file, pcrs);
        var built = ramdisks.ToImmutable();
        return new BuiltImage(
            file, image, Measurements(recipe, pcrs),
            BillOfMaterials.Write(recipe, Sha256.Hash(kernel), built, pcrs), built);
    }

    private async Task<BuiltRamdisk> BuildRamdiskAsync(
        RecipeRamdisk ramdisk, CancellationToken cancellationToken)
    {
        long start = Time.GetTimestamp();
        var archive = new CpioArchive();
        var files = ImmutableArray.CreateBuilder<BuiltFile>();
        foreach (RecipeEntry entry in ramdisk.Entries)
        {
            byte[] content = entry switch
            {
                { File: { } file } => ReadFile(file),
                { Target: { } target } => Encoding.UTF8.GetBytes(target),
                _ => [],
            };
            string? fault = archive.Add(new CpioEntry(entry.Kind, entry.Path, entry.Permissions)
            {
                Data = content,
                DeviceMajor = entry.DeviceMajor,
                DeviceMinor = entry.DeviceMinor,
            });
            if (fault is not null)
            {
                throw new ImageBuildException($"ramdisk {ramdisk.Name}, {entry.Path}: {fault}.");
            }
            if (entry.Kind == CpioKind.File)
            {
                files.Add(new BuiltFile(entry, content.Length, Sha256.Hash(content)));
            }
        }
        byte[] bytes = archive.ToArray();
        byte[] data = bytes;
        if (ramdisk.Compression == RamdiskCompression.Zstd)
        {
            Progress?.Invoke($"ramdisk {ramdisk.Name}: compressing {bytes.Length} bytes");
            data = await Zstd.CompressAsync(bytes, cancellationToken);
        }
        Progress?.Invoke(
            $"ramdisk {ramdisk.Name}: {files.Count} files, {bytes.Length} bytes, "
            + $"{data.Length} in the image");
        return new BuiltRamdisk(
            ramdisk, files.ToImmutable(), bytes.Length, data, Time.GetElapsedTime(start));
    }

    private TrustedImages Measurements(ImageRecipe recipe, ImagePcrs pcrs)
    {
        var others = new Dictionary<int, ReadOnlyMemory<byte>>();
        if (Signer is not null)
        {
            others[8] = PcrRegister.OfSigningCertificate(Signer.Certificate.Der.Span);
        }
        var set = new MeasurementSet(
            $"{recipe.Name} {recipe.Version} {recipe.ArchitectureName}",
            pcrs.Pcr0.Span, pcrs.Pcr1.Span, pcrs.Pcr2.Span, others);
        return new TrustedImages(
            [new AcceptedMeasurement(set)], [TrustedRoot.AwsNitroEnclavesG1]);
    }

    private static string KernelVersion(ImageRecipe recipe) =>
        recipe.Components.First(c => c.Id == recipe.KernelComponent).Version;

    private byte[] ReadFile(string file)
    {
        string path = Path.Combine(Folder, file);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageBuildException($"Cannot read {path}: {e.Message}");
        }
    }

    private static byte[] Write(EifContent content)
    {
        try
        {
            return EifWriter.Write(content);
        }
        catch (ArgumentException e)
        {
            throw new ImageBuildException(e.Message);
        }
    }

    // What is published are the measurements of what lies in the file, not of what should.
    private static EifImage ReadBack(byte[] file, ImagePcrs pcrs)
    {
        bool isRead = EifImage.TryParse(file, out EifImage? image, out EifRefusal? refusal);
        if (!isRead || !image!.Measure().Pcr0.Span.SequenceEqual(pcrs.Pcr0.Span))
        {
            throw new InvalidOperationException($"The image does not read back: {refusal}");
        }
        return image;
    }
}
