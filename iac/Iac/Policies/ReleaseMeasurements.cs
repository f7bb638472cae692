using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Iac.Policies;

/// <summary>The images of one or several releases, as their builders publish them.</summary>
internal static class ReleaseMeasurements
{
    /// <summary>Reads files <c>measurements.json</c> into one; images that stand in several count
    /// once.</summary>
    /// <exception cref="CommandFailure">One cannot be read, is no such file, or is of images that
    /// AWS does not attest.</exception>
    public static TrustedImages Read(IReadOnlyList<string> paths)
    {
        var all = new List<AcceptedMeasurement>();
        foreach (string path in paths)
        {
            TrustedImages images = ReadOne(path);
            foreach (AcceptedMeasurement accepted in images.Measurements)
            {
                if (!all.Any(a => a.Measurements.Equals(accepted.Measurements))) all.Add(accepted);
            }
        }
        return new TrustedImages(all, [TrustedRoot.AwsNitroEnclavesG1]);
    }

    private static TrustedImages ReadOne(string path)
    {
        byte[] json;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > TrustPolicy.MaxBytes })
            {
                throw Bad($"{path} is too long.");
            }
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad(e.Message);
        }
        if (!TrustedImages.TryParse(json, out TrustedImages? images, out string? fault))
        {
            throw Bad($"{path} is not the measurements.json of a release: {fault}.");
        }
        return images.Roots.Any(root => root.Kind == TrustedRootKind.AwsNitroEnclavesG1)
            ? images
            : throw Bad($"{path} is of simulated enclaves: AWS attests none of its images.");
    }

    private static CommandFailure Bad(string message) =>
        new(FailureCodes.BadMeasurements, message, ExitCodes.Unusable);
}
