using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sequencer.Enclave.Image.Building;

/// <summary>
/// The metadata section: what nitro-cli shows of an image. Nothing vouches for it, as it is in no
/// measurement, and it says nothing that changes from build to build.
/// </summary>
internal static class ImageMetadata
{
    public static byte[] Write(
        string name, string version, string kernelVersion, DateTimeOffset buildTime)
    {
        using var bytes = new MemoryStream();
        // Nothing here is pasted into HTML, and '+' in a time should look like one.
        var options = new JsonWriterOptions
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var json = new Utf8JsonWriter(bytes, options))
        {
            json.WriteStartObject();
            json.WriteString("ImageName", name);
            json.WriteString("ImageVersion", version);
            json.WriteStartObject("BuildMetadata");
            json.WriteString(
                "BuildTime", buildTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'"));
            json.WriteString("BuildTool", "sequencer image build");
            json.WriteString("BuildToolVersion", ToolVersion);
            json.WriteString("OperatingSystem", "Linux");
            json.WriteString("KernelVersion", kernelVersion);
            json.WriteEndObject();
            json.WriteStartObject("DockerInfo");
            json.WriteEndObject();
            json.WriteStartObject("CustomMetadata");
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    /// <summary>The version of this library.</summary>
    public static string ToolVersion =>
        typeof(ImageMetadata).Assembly.GetName().Version!.ToString(3);
}
