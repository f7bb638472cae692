namespace Sequencer.Enclave.Image.Measuring;

/// <summary>What the device measures of an image when it starts. 48 bytes each.</summary>
/// <remarks>
/// The parts follow each other without their lengths, as the device takes them: a byte that moves
/// from the start of the command line to the end of the kernel changes no PCR. PCR1 beside PCR2
/// fixes where the first ramdisk ends.
/// </remarks>
/// <param name="Pcr0">The whole image: kernel, command line and all ramdisks.</param>
/// <param name="Pcr1">Kernel, command line and the first ramdisk: what boots.</param>
/// <param name="Pcr2">All ramdisks but the first: the application.</param>
public sealed record ImagePcrs(
    ReadOnlyMemory<byte> Pcr0, ReadOnlyMemory<byte> Pcr1, ReadOnlyMemory<byte> Pcr2)
{
    /// <summary>Measures the parts of an image, which has one ramdisk at least.</summary>
    public static ImagePcrs Of(
        ReadOnlySpan<byte> kernel,
        ReadOnlySpan<byte> commandLine,
        IReadOnlyList<ReadOnlyMemory<byte>> ramdisks)
    {
        using var whole = new PcrRegister();
        using var boot = new PcrRegister();
        using var application = new PcrRegister();
        foreach (PcrRegister register in new[] { whole, boot })
        {
            register.Append(kernel);
            register.Append(commandLine);
        }
        for (int i = 0; i < ramdisks.Count; i++)
        {
            whole.Append(ramdisks[i].Span);
            (i == 0 ? boot : application).Append(ramdisks[i].Span);
        }
        return new ImagePcrs(whole.Finish(), boot.Finish(), application.Finish());
    }
}
