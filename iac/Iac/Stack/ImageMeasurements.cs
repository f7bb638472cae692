using Sequencer.Attestation.Nitro;
using Sequencer.Iac.Policies;

namespace Sequencer.Iac.Stack;

/// <summary>What an enclave image measures as, in lower-case hexadecimal.</summary>
internal sealed record ImageMeasurements(string Pcr0, string Pcr1, string Pcr2)
{
    /// <summary>Reads the one image of a release's <c>measurements.json</c>.</summary>
    /// <exception cref="CommandFailure">It is not such a file, or has not one image.</exception>
    public static ImageMeasurements Read(string path)
    {
        if (ReleaseMeasurements.Read([path]).Measurements is not [{ Measurements: var image }])
        {
            throw new CommandFailure(
                FailureCodes.BadMeasurements, $"{path} is not of one image.", ExitCodes.Unusable);
        }
        return new ImageMeasurements(Pcr(image, 0), Pcr(image, 1), Pcr(image, 2));
    }

    private static string Pcr(MeasurementSet image, int index) =>
        Convert.ToHexStringLower(image.Pcrs[index].Span);
}
