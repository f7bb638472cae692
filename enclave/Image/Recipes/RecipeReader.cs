using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Ramdisks;

namespace Sequencer.Enclave.Image.Recipes;

/// <summary>Reads recipes; every fault names its place.</summary>
internal static class RecipeReader
{
    public const string Format = "sequencer-image-recipe/v1";
    public const string X64 = "x86_64";
    public const string Arm64 = "arm64";

    // Kernel, command line, metadata and signature take four of the sections.
    private const int RamdisksMax = EifFormat.SectionsMax - 4;
    private const int ComponentsMax = 4096;
    private const int EntriesMax = 65536;
    private const int MemoryMibMax = 1 << 24;
    private const int ProcessorsMax = 1024;
    private const int DeviceMax = (1 << 20) - 1;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };

    public static bool TryRead(
        ReadOnlyMemory<byte> json,
        [NotNullWhen(true)] out ImageRecipe? recipe,
        [NotNullWhen(false)] out string? fault)
    {
        recipe = null;
        fault = $"the recipe: more than {ImageRecipe.MaxBytes} bytes";
        if (json.Length > ImageRecipe.MaxBytes) return false;
        // The one place where a fault in the text, found at any depth, becomes an answer.
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            recipe = Read(new RecipeObject(document.RootElement, ""));
            fault = null;
            return true;
        }
        catch (RecipeFault e)
        {
            fault = e.Message;
        }
        catch (JsonException e)
        {
            fault = $"not JSON, line {e.LineNumber + 1}, byte {e.BytePositionInLine}";
        }
        catch (InvalidOperationException)
        {
            // The platform's way to say that a string's bytes or escapes are no Unicode text.
            fault = "the recipe: not text";
        }
        return false;
    }

    private static ImageRecipe Read(RecipeObject root)
    {
        if (root.Text("format") != Format) throw root.FaultOf("format", $"not {Format}");
        ImmutableArray<RecipeComponent> components =
            [.. root.Objects("components", ComponentsMax).Select(ReadComponent)];
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (RecipeComponent component in components)
        {
            if (!ids.Add(component.Id))
            {
                throw root.FaultOf("components", $"the id {component.Id} stands twice");
            }
        }
        RecipeObject kernel = root.Object("kernel");
        var recipe = new ImageRecipe
        {
            Name = root.Text("name"),
            Version = root.Text("version"),
            Architecture = root.OneOf(
                "architecture", root.Text("architecture"),
                (X64, EifArchitecture.X64), (Arm64, EifArchitecture.Arm64)),
            DefaultMemoryMib = root.Integer("memory_mib", 1, MemoryMibMax),
            DefaultProcessors = root.Integer("cpus", 1, ProcessorsMax),
            KernelFile = ReadFile(kernel),
            KernelComponent = ReadReference(kernel, ids),
            CommandLine = root.Text("command_line"),
            Components = components,
            Ramdisks =
            [
                .. root.Objects("ramdisks", RamdisksMax).Select(r => ReadRamdisk(r, ids)),
            ],
        };
        kernel.End();
        root.End();
        CheckRamdisks(root, recipe.Ramdisks);
        return recipe;
    }

    private static RecipeComponent ReadComponent(RecipeObject json)
    {
        string digest = json.Text("sha256");
        if (!Digest.TryParseHex(digest, out Digest sha256))
        {
            throw json.FaultOf("sha256", "not 64 lower-case hexadecimal digits");
        }
        var component = new RecipeComponent(
            json.Text("id"), json.Text("name"), json.Text("version"), json.Text("supplier"),
            json.Text("license"), json.OptionalText("source"), json.Text("purl"), sha256);
        json.End();
        return component;
    }

    private static RecipeRamdisk ReadRamdisk(RecipeObject json, HashSet<string> ids)
    {
        var ramdisk = new RecipeRamdisk(
            json.Text("name"),
            json.OneOf(
                "compression", json.Text("compression"),
                ("none", RamdiskCompression.None), ("zstd", RamdiskCompression.Zstd)),
            [.. json.Objects("entries", EntriesMax).Select(e => ReadEntry(e, ids))]);
        json.End();
        return ramdisk;
    }

    private static RecipeEntry ReadEntry(RecipeObject json, HashSet<string> ids)
    {
        CpioKind kind = json.OneOf(
            "type", json.OptionalText("type") ?? "file",
            ("file", CpioKind.File),
            ("directory", CpioKind.Directory),
            ("symlink", CpioKind.SymbolicLink),
            ("character-device", CpioKind.CharacterDevice));
        bool isLink = kind == CpioKind.SymbolicLink;
        // Linux ignores the permissions of a link; these are the ones that it shows.
        int permissions = isLink ? Convert.ToInt32("777", 8) : json.Mode("mode");
        bool isDevice = kind == CpioKind.CharacterDevice;
        bool isFile = kind == CpioKind.File;
        var entry = new RecipeEntry(kind, json.Text("path"), permissions)
        {
            File = isFile ? ReadFile(json) : null,
            Component = isFile ? ReadReference(json, ids) : null,
            Target = isLink ? json.Text("target") : null,
            DeviceMajor = isDevice ? json.Integer("major", 0, DeviceMax) : 0,
            DeviceMinor = isDevice ? json.Integer("minor", 0, DeviceMax) : 0,
        };
        json.End();
        return entry;
    }

    private static string ReadFile(RecipeObject json)
    {
        string file = json.Text("file");
        return Path.IsPathRooted(file)
            ? throw json.FaultOf("file", "not relative to the recipe's folder")
            : file;
    }

    private static string ReadReference(RecipeObject json, HashSet<string> ids)
    {
        string id = json.Text("component");
        return ids.Contains(id)
            ? id
            : throw json.FaultOf("component", $"no component has the id {id}");
    }

    private static void CheckRamdisks(RecipeObject root, ImmutableArray<RecipeRamdisk> ramdisks)
    {
        if (ramdisks.IsEmpty) throw root.FaultOf("ramdisks", "none");
        if (ramdisks.DistinctBy(r => r.Name).Count() != ramdisks.Length)
        {
            throw root.FaultOf("ramdisks", "two have the same name");
        }
        for (int i = 1; i < ramdisks.Length; i++)
        {
            // The ramdisks lie one behind the other in memory. Kernels find an archive that is not
            // compressed only at a multiple of four, and a compressed one can have any length.
            if (ramdisks[i].Compression == RamdiskCompression.None
                && ramdisks[i - 1].Compression == RamdiskCompression.Zstd)
            {
                throw root.FaultOf(
                    $"ramdisks[{i}].compression", "none cannot follow a compressed ramdisk");
            }
        }
    }
}
