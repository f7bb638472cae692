using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>Writes policies and measurements in the members' documented order.</summary>
internal static class TrustPolicyWriter
{
    // Nothing here is pasted into HTML, and '+' in base64 should look like one.
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Write(TrustPolicy policy) => Write(json =>
    {
        json.WriteString("format", TrustPolicyReader.Format);
        json.WriteString("log_id", policy.LogId.ToHex());
        json.WriteString("origin", policy.Origin);
        json.WriteString("configuration", policy.Configuration.Text);
        WriteMembers(json, policy.Images);
        if (policy.OwnWitnesses is { } witnesses)
        {
            json.WriteString("witnesses", witnesses.ToCanonicalText());
        }
    });

    public static byte[] Write(TrustedImages images) => Write(json =>
    {
        json.WriteString("format", TrustPolicyReader.ImagesFormat);
        WriteMembers(json, images);
    });

    private static byte[] Write(Action<Utf8JsonWriter> writeMembers)
    {
        var destination = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(destination, Options))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }
        destination.Write("\n"u8);
        return destination.WrittenSpan.ToArray();
    }

    private static void WriteMembers(Utf8JsonWriter json, TrustedImages images)
    {
        json.WriteStartArray("measurements");
        foreach (AcceptedMeasurement accepted in images.Measurements) Write(json, accepted);
        json.WriteEndArray();
        WriteRoots(json, images);
    }

    private static void Write(Utf8JsonWriter json, AcceptedMeasurement accepted)
    {
        json.WriteStartObject();
        json.WriteString("name", accepted.Measurements.Name);
        foreach ((int index, ReadOnlyMemory<byte> value) in accepted.Measurements.Pcrs)
        {
            json.WriteString($"pcr{index}", Convert.ToHexStringLower(value.Span));
        }
        if (accepted.NotAfterSize is { } size) json.WriteNumber("not_after_size", size);
        json.WriteEndObject();
    }

    private static void WriteRoots(Utf8JsonWriter json, TrustedImages images)
    {
        if (images.Roots.Any(r => r.Kind == TrustedRootKind.AwsNitroEnclavesG1))
        {
            json.WriteStartArray("roots");
            json.WriteStringValue(TrustPolicyReader.AwsRoot);
            json.WriteEndArray();
        }
        if (!images.HasInsecureDevelopmentRoots) return;
        json.WriteStartArray("insecure_development_roots");
        foreach (TrustedRoot root in images.Roots)
        {
            if (root.Kind == TrustedRootKind.InsecureDevelopment)
            {
                json.WriteBase64StringValue(root.Der.Span);
            }
        }
        json.WriteEndArray();
    }
}
