using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sequencer.Attestation.Cryptography;
using Sequencer.Enclave.Image.Measuring;
using Sequencer.Enclave.Image.Recipes;

namespace Sequencer.Enclave.Image.Building;

/// <summary>
/// What is in an image, as CycloneDX 1.6 in JSON: each component of the recipe with the kernel or
/// the files of the ramdisks that come from it. Made from the content alone, without a clock; the
/// serial number is derived from the rest.
/// </summary>
internal sealed class BillOfMaterials
{
    private const string Root = "image";

    private readonly ImageRecipe _recipe;
    private readonly Attestation.Digest _kernel;
    private readonly ImmutableArray<BuiltRamdisk> _ramdisks;
    private readonly ImagePcrs _pcrs;

    private BillOfMaterials(
        ImageRecipe recipe,
        Attestation.Digest kernel,
        ImmutableArray<BuiltRamdisk> ramdisks,
        ImagePcrs pcrs)
    {
        _recipe = recipe;
        _kernel = kernel;
        _ramdisks = ramdisks;
        _pcrs = pcrs;
    }

    public static byte[] Write(
        ImageRecipe recipe,
        Attestation.Digest kernel,
        ImmutableArray<BuiltRamdisk> ramdisks,
        ImagePcrs pcrs)
    {
        var bill = new BillOfMaterials(recipe, kernel, ramdisks, pcrs);
        return bill.Write(SerialNumber(bill.Write(null)));
    }

    // A UUID of version 8 (RFC 9562 section 5.8), whose bits are of the maker's choice.
    private static string SerialNumber(byte[] withoutNumber)
    {
        byte[] bits = SHA256.HashData(withoutNumber)[..16];
        bits[6] = (byte)((bits[6] & 0x0f) | 0x80);
        bits[8] = (byte)((bits[8] & 0x3f) | 0x80);
        return $"urn:uuid:{new Guid(bits, bigEndian: true)}";
    }

    private byte[] Write(string? serialNumber)
    {
        using var bytes = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var json = new Utf8JsonWriter(bytes, options))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
            json.WriteString("bomFormat", "CycloneDX");
            json.WriteString("specVersion", "1.6");
            if (serialNumber is not null) json.WriteString("serialNumber", serialNumber);
            json.WriteNumber("version", 1);
            WriteMetadata(json);
            json.WriteStartArray("components");
            foreach (RecipeComponent component in _recipe.Components) Write(json, component);
            json.WriteEndArray();
            WriteDependencies(json);
            json.WriteEndObject();
        }
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject("metadata");
        json.WriteStartObject("component");
        json.WriteString("type", "application");
        json.WriteString("bom-ref", Root);
        json.WriteString("name", _recipe.Name);
        json.WriteString("version", _recipe.Version);
        json.WriteStartArray("properties");
        WriteProperty(json, "architecture", _recipe.ArchitectureName);
        WriteProperty(json, "command-line", _recipe.CommandLine);
        WriteProperty(
            json, "command-line-sha256",
            Sha256.Hash(Encoding.UTF8.GetBytes(_recipe.CommandLine)).ToHex());
        WriteProperty(json, "pcr0", Convert.ToHexStringLower(_pcrs.Pcr0.Span));
        WriteProperty(json, "pcr1", Convert.ToHexStringLower(_pcrs.Pcr1.Span));
        WriteProperty(json, "pcr2", Convert.ToHexStringLower(_pcrs.Pcr2.Span));
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, RecipeComponent component)
    {
        bool hasKernel = component.Id == _recipe.KernelComponent;
        json.WriteStartObject();
        json.WriteString("type", hasKernel ? "operating-system" : "library");
        json.WriteString("bom-ref", Reference(component));
        json.WriteStartObject("supplier");
        json.WriteString("name", component.Supplier);
        json.WriteEndObject();
        json.WriteString("name", component.Name);
        json.WriteString("version", component.Version);
        WriteHash(json, component.Sha256);
        json.WriteStartArray("licenses");
        json.WriteStartObject();
        json.WriteString("expression", component.License);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("purl", component.PackageUrl);
        WriteFiles(json, component, hasKernel);
        if (component.Source is not null)
        {
            json.WriteStartArray("properties");
            WriteProperty(json, "source", component.Source);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private void WriteFiles(Utf8JsonWriter json, RecipeComponent component, bool hasKernel)
    {
        json.WriteStartArray("components");
        if (hasKernel)
        {
            StartFile(json, "kernel", Path.GetFileName(_recipe.KernelFile), _kernel);
            json.WriteEndObject();
        }
        foreach (BuiltRamdisk ramdisk in _ramdisks)
        {
            foreach (BuiltFile file in ramdisk.Files)
            {
                if (file.Entry.Component != component.Id) continue;
                string reference = $"{ramdisk.Recipe.Name}:{file.Entry.Path}";
                StartFile(json, reference, $"/{file.Entry.Path}", file.Sha256);
                json.WriteStartArray("properties");
                WriteProperty(json, "ramdisk", ramdisk.Recipe.Name);
                WriteProperty(json, "mode", Octal(file.Entry.Permissions));
                WriteProperty(json, "size", file.Size.ToString(CultureInfo.InvariantCulture));
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }
        json.WriteEndArray();
    }

    private void WriteDependencies(Utf8JsonWriter json)
    {
        json.WriteStartArray("dependencies");
        json.WriteStartObject();
        json.WriteString("ref", Root);
        json.WriteStartArray("dependsOn");
        foreach (RecipeComponent component in _recipe.Components)
        {
            json.WriteStringValue(Reference(component));
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void StartFile(
        Utf8JsonWriter json, string reference, string name, Attestation.Digest sha256)
    {
        json.WriteStartObject();
        json.WriteString("type", "file");
        json.WriteString("bom-ref", $"file:{reference}");
        json.WriteString("name", name);
        WriteHash(json, sha256);
    }

    private static void WriteHash(Utf8JsonWriter json, Attestation.Digest sha256)
    {
        json.WriteStartArray("hashes");
        json.WriteStartObject();
        json.WriteString("alg", "SHA-256");
        json.WriteString("content", sha256.ToHex());
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteProperty(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartObject();
        json.WriteString("name", $"sequencer:{name}");
        json.WriteString("value", value);
        json.WriteEndObject();
    }

    private static string Reference(RecipeComponent component) => $"component:{component.Id}";

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
