using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Measuring;
using Sequencer.Enclave.Image.Signing;

namespace Sequencer.Enclave.Emulator.Nsm;

/// <summary>What the hypervisor measures before a guest's first instruction, by PCR.</summary>
internal static class GuestMeasurements
{
    /// <summary>
    /// PCR0, PCR1 and PCR2 of an image; PCR3 and PCR4 where role and instance are given, PCR8 where
    /// the image is signed. In debug mode what the image decides is zero, as on hardware.
    /// </summary>
    /// <exception cref="EmulatorException">The image's signature is not its own.</exception>
    public static IReadOnlyDictionary<int, byte[]> Of(
        EifImage image, string? roleArn, string? instanceId, bool isDebugMode)
    {
        var measured = new Dictionary<int, byte[]>();
        if (roleArn is not null) measured[3] = PcrRegister.OfRole(roleArn);
        if (instanceId is not null) measured[4] = PcrRegister.OfInstance(instanceId);
        if (isDebugMode) return measured;
        ImagePcrs pcrs = image.Measure();
        measured[0] = pcrs.Pcr0.ToArray();
        measured[1] = pcrs.Pcr1.ToArray();
        measured[2] = pcrs.Pcr2.ToArray();
        if (image.Signature is { } section) measured[8] = Signer(section.Span, pcrs);
        return measured;
    }

    private static byte[] Signer(ReadOnlySpan<byte> section, ImagePcrs pcrs)
    {
        SignatureFault? fault = SignatureSection.Verify(
            section, pcrs.Pcr0.Span, out SigningCertificate? certificate);
        return fault is null
            ? PcrRegister.OfSigningCertificate(certificate!.Der.Span)
            : throw new EmulatorException($"the image's signature does not hold: {fault}");
    }
}
