using System.Text.Json;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Cli.Commands;

/// <summary>
/// The measurements that an image's builder prints: a measurement of a trust policy
/// (<c>{"name":…,"pcr0":…}</c>), or what <c>nitro-cli build-enclave</c> prints
/// (<c>{"Measurements":{"PCR0":…}}</c>).
/// </summary>
internal static class ImageFile
{
    /// <summary>Reads the measurements.</summary>
    /// <exception cref="CommandFailure">There are none in the file.</exception>
    public static MeasurementSet Read(string path, byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            bool isBuildOutput = root.TryGetProperty("Measurements", out JsonElement pcrs);
            string name = !isBuildOutput && root.TryGetProperty("name", out JsonElement given)
                ? given.GetString()!
                : Path.GetFileNameWithoutExtension(path);
            if (!isBuildOutput) pcrs = root;
            string prefix = isBuildOutput ? "PCR" : "pcr";
            return new MeasurementSet(
                name, Pcr(pcrs, prefix + "0"), Pcr(pcrs, prefix + "1"), Pcr(pcrs, prefix + "2"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException
            or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new CommandFailure(
                $"{path} is neither a trust policy nor the measurements of an image: "
                + "JSON with PCR0, PCR1 and PCR2, 96 hexadecimal digits each, none all zero.");
        }
    }

    private static byte[] Pcr(JsonElement pcrs, string name) =>
        Convert.FromHexString(pcrs.GetProperty(name).GetString() ?? "");
}
