using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Measuring;

namespace Sequencer.Enclave.Emulator.Nsm;

/// <summary>What the hypervisor measures before a guest's first instruction, by PCR.</summary>
internal static class GuestMeasurements
{
    /// <summary>
    /// PCR0, PCR1 and PCR2 of an image; PCR3 and PCR4 where role and instance are given, PCR8 where
    /// the image is signed. In debug mode PCR0, PCR1, PCR2 and PCR8 are zero, as on hardware.
    /// </summary>
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
        return measured;
    }
}
