using System.Collections.Immutable;
using Sequencer.Enclave.Image;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Measuring;
using Sequencer.Enclave.Image.Ramdisks;
using Sequencer.Enclave.Image.Signing;

namespace Sequencer.Cli.Commands;

/// <summary>All that can be told of an image file.</summary>
/// <param name="Image">What was read.</param>
/// <param name="Pcrs">How its parts measure.</param>
/// <param name="Signer">Whose certificate it brings, if it can be read.</param>
/// <param name="SignatureFault">What is wrong with its signature, if it has one.</param>
/// <param name="Ramdisks">What is in the ramdisks; empty unless asked for.</param>
internal sealed record ImageFacts(
    EifImage Image,
    ImagePcrs Pcrs,
    SigningCertificate? Signer,
    SignatureFault? SignatureFault,
    ImmutableArray<RamdiskFacts> Ramdisks)
{
    /// <summary>The processor that it is for.</summary>
    public string ArchitectureName =>
        Image.Architecture == EifArchitecture.Arm64 ? "arm64" : "x86_64";

    /// <summary>PCR8, which a certificate gives.</summary>
    public byte[]? Pcr8 =>
        Signer is null ? null : PcrRegister.OfSigningCertificate(Signer.Der.Span);

    public static async Task<ImageFacts> OfAsync(
        EifImage image, ZstdProgram? zstd, CancellationToken cancellationToken)
    {
        ImagePcrs pcrs = image.Measure();
        SigningCertificate? signer = null;
        SignatureFault? fault = image.Signature is { } signature
            ? SignatureSection.Verify(signature.Span, pcrs.Pcr0.Span, out signer)
            : null;
        var ramdisks = ImmutableArray.CreateBuilder<RamdiskFacts>();
        foreach (ReadOnlyMemory<byte> data in zstd is null ? [] : image.Ramdisks)
        {
            ramdisks.Add(await RamdiskFacts.OfAsync(data, zstd!, cancellationToken));
        }
        return new ImageFacts(image, pcrs, signer, fault, ramdisks.ToImmutable());
    }
}

/// <summary>What is in a ramdisk.</summary>
/// <param name="Entries">Its entries, as far as it can be read.</param>
/// <param name="Fault">Why it cannot be read; null if it can.</param>
internal sealed record RamdiskFacts(ImmutableArray<CpioEntry> Entries, string? Fault)
{
    public static async Task<RamdiskFacts> OfAsync(
        ReadOnlyMemory<byte> data, ZstdProgram zstd, CancellationToken cancellationToken)
    {
        if (data.Span.StartsWith(ZstdProgram.Magic))
        {
            try
            {
                data = await zstd.DecompressAsync(data, cancellationToken);
            }
            catch (ImageBuildException e)
            {
                return new RamdiskFacts([], e.Message);
            }
        }
        return CpioReader.TryRead(data, out ImmutableArray<CpioEntry> entries, out string? fault)
            ? new RamdiskFacts(entries, null)
            : new RamdiskFacts([], $"neither zstd nor one newc archive ({fault})");
    }
}
