using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Ramdisks;

namespace Sequencer.Cli.Commands;

/// <summary>What can be told of an image file, as JSON.</summary>
internal static class ImageFactsJson
{
    public static void Write(Utf8JsonWriter json, int length, ImageFacts facts)
    {
        EifImage image = facts.Image;
        json.WriteStartObject();
        json.WriteBoolean("good", facts.SignatureFault is null);
        json.WriteNumber("version", EifFormat.Version);
        json.WriteString("architecture", facts.ArchitectureName);
        json.WriteNumber("bytes", length);
        json.WriteString("crc32", image.Checksum.ToString("x8", CultureInfo.InvariantCulture));
        json.WriteNumber("default_memory_bytes", image.DefaultMemoryBytes);
        json.WriteNumber("default_cpus", image.DefaultProcessors);
        json.WriteStartArray("sections");
        foreach (EifSection section in image.Sections) Write(json, section);
        json.WriteEndArray();
        json.WriteString("command_line", image.CommandLineText);
        WriteMetadata(json, image.Metadata);
        json.WriteString("pcr0", Convert.ToHexStringLower(facts.Pcrs.Pcr0.Span));
        json.WriteString("pcr1", Convert.ToHexStringLower(facts.Pcrs.Pcr1.Span));
        json.WriteString("pcr2", Convert.ToHexStringLower(facts.Pcrs.Pcr2.Span));
        if (facts.Pcr8 is { } pcr8) json.WriteString("pcr8", Convert.ToHexStringLower(pcr8));
        WriteSignature(json, facts);
        if (!facts.Ramdisks.IsEmpty)
        {
            json.WriteStartArray("ramdisks");
            foreach (RamdiskFacts ramdisk in facts.Ramdisks) Write(json, ramdisk);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, EifSection section)
    {
        json.WriteStartObject();
        json.WriteString("type", Name(section.Type));
        json.WriteNumber("offset", section.Offset);
        json.WriteNumber("bytes", section.Data.Length);
        json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(section.Data.Span)));
        json.WriteEndObject();
    }

    // Not measured and not checked: where it is no JSON, it is shown as the text that it is.
    private static void WriteMetadata(Utf8JsonWriter json, ReadOnlyMemory<byte> metadata)
    {
        json.WritePropertyName("metadata");
        if (IsJson(metadata)) json.WriteRawValue(metadata.Span, skipInputValidation: true);
        else json.WriteStringValue(Encoding.UTF8.GetString(metadata.Span));
    }

    private static bool IsJson(ReadOnlyMemory<byte> bytes)
    {
        if (!Utf8.IsValid(bytes.Span)) return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void WriteSignature(Utf8JsonWriter json, ImageFacts facts)
    {
        if (facts.Image.Signature is null) return;
        json.WriteStartObject("signature");
        json.WriteBoolean("good", facts.SignatureFault is null);
        if (facts.SignatureFault is { } fault) json.WriteString("fault", Name(fault));
        if (facts.Signer is { } signer)
        {
            json.WriteString("subject", signer.Subject);
            json.WriteString("not_before", signer.NotBefore);
            json.WriteString("not_after", signer.NotAfter);
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RamdiskFacts ramdisk)
    {
        json.WriteStartObject();
        if (ramdisk.Fault is { } fault) json.WriteString("not_listed", fault);
        json.WriteStartArray("entries");
        foreach (CpioEntry entry in ramdisk.Entries)
        {
            json.WriteStartObject();
            json.WriteString("path", entry.Path);
            json.WriteString("type", Name(entry.Kind));
            json.WriteString("mode", Convert.ToString(entry.Permissions, 8).PadLeft(4, '0'));
            json.WriteNumber("bytes", entry.Data.Length);
            if (entry.Kind == CpioKind.File)
            {
                json.WriteString(
                    "sha256", Convert.ToHexStringLower(SHA256.HashData(entry.Data.Span)));
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A case of an enumeration as JSON has it here.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}");
}
