using System.Text.Json;

namespace Sequencer.Iac.Stack;

/// <summary>What an enclave image measures as, in lower-case hexadecimal.</summary>
internal sealed record ImageMeasurements(string Pcr0, string Pcr1, string Pcr2)
{
    private const string Format = "sequencer-measurements/v1";
    private const int Digits = 96;

    /// <summary>Reads the one image of a release's <c>measurements.json</c>.</summary>
    /// <exception cref="CommandFailure">It is not such a file, or has not one image.</exception>
    public static ImageMeasurements Read(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = json.RootElement;
            if (root.GetProperty("format").GetString() != Format
                || root.GetProperty("measurements").GetArrayLength() != 1)
            {
                throw Bad(path);
            }
            JsonElement image = root.GetProperty("measurements")[0];
            return new ImageMeasurements(
                Pcr(image, "pcr0") ?? throw Bad(path), Pcr(image, "pcr1") ?? throw Bad(path),
                Pcr(image, "pcr2") ?? throw Bad(path));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException
            or InvalidOperationException)
        {
            throw Bad(path);
        }
    }

    // All zeros is what debug mode leaves: a key that opens to it opens to everybody.
    private static string? Pcr(JsonElement image, string name) =>
        image.GetProperty(name).GetString() is { Length: Digits } text
        && text.All(char.IsAsciiHexDigitLower) && text.Any(digit => digit != '0') ? text : null;

    private static CommandFailure Bad(string path) => new(
        FailureCodes.BadMeasurements,
        $"{path} does not have PCR0, PCR1 and PCR2 of one image.", ExitCodes.Unusable);
}
