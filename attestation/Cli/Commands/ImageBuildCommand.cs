using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sequencer.Enclave.Image;
using Sequencer.Enclave.Image.Building;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Ramdisks;
using Sequencer.Enclave.Image.Recipes;
using Sequencer.Enclave.Image.Signing;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer image build</c>: a recipe to an image.</summary>
internal static class ImageBuildCommand
{
    private const string ImageName = "sequencer.eif";
    private const string MeasurementsName = "measurements.json";
    private const string BillName = "sbom.json";

    private static readonly Option<string> Recipe = new("--recipe")
    {
        Description = "What goes into the image; its files are relative to its folder",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string> Target = new("--output", "-o")
    {
        Description = $"Folder for {ImageName}, {MeasurementsName} and {BillName}",
        HelpName = "DIRECTORY",
        Required = true,
    };

    private static readonly Option<string> Certificate = new("--signing-certificate")
    {
        Description = "Sign with this P-384 certificate (PEM); it becomes PCR8",
        HelpName = "FILE",
    };

    private static readonly Option<string> Key = new("--signing-key")
    {
        Description = "Private key of the signing certificate (PEM)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace files that are there",
    };

    public static Option<string> Zstd { get; } = new("--zstd")
    {
        Description = "The zstd program (default: the one of the search path)",
        HelpName = "PATH",
        DefaultValueFactory = _ => ZstdProgram.DefaultPath,
    };

    public static Command Create()
    {
        var command = new Command(
            "build",
            "Build an enclave image from a recipe, with measurements.json, which is a policy for "
            + "'sequencer verify', and sbom.json (CycloneDX), which lists every file in it.\n\n"
            + "The same recipe, files and zstd version give the same bytes anywhere, except for a "
            + "signed image: ECDSA signatures are random, so its file differs each time while its "
            + "PCRs do not. SOURCE_DATE_EPOCH sets the build time in the metadata (default: "
            + "1970).\n\n"
            + "Examples:\n  sequencer image build --recipe image.json --output out\n"
            + "  sequencer image build --recipe image.json --output out --force \\\n"
            + "    --signing-certificate release.pem --signing-key release.key")
        {
            Recipe,
            Target,
            Zstd,
            Certificate,
            Key,
            Force,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string recipePath = parse.GetRequiredValue(Recipe);
        string target = parse.GetRequiredValue(Target);
        byte[] json = Files.Read(recipePath, ImageRecipe.MaxBytes, "a recipe");
        if (!ImageRecipe.TryParse(json, out ImageRecipe? recipe, out string? fault))
        {
            throw new CommandFailure($"{recipePath} is not a recipe: {fault}");
        }
        // Before the minutes of work, not after.
        bool force = parse.GetValue(Force);
        foreach (string name in new[] { ImageName, MeasurementsName, BillName })
        {
            string path = Path.Combine(target, name);
            if (!force && File.Exists(path))
            {
                throw new CommandFailure($"{path} is there already; --force replaces it.");
            }
        }
        using ImageSigner? signer = OpenSigner(parse.GetValue(Certificate), parse.GetValue(Key));
        var watch = Stopwatch.StartNew();
        var builder = new ImageBuilder
        {
            Folder = Path.GetDirectoryName(Path.GetFullPath(recipePath))!,
            Zstd = new ZstdProgram(parse.GetRequiredValue(Zstd)),
            Signer = signer,
            BuildTime = BuildTime(),
            Progress = step => screen.Remark(string.Create(
                CultureInfo.InvariantCulture,
                $"[grey]{watch.Elapsed.TotalSeconds,6:0.0} s[/]  {Screen.Plain(step)}")),
        };
        BuiltImage built;
        try
        {
            built = await builder.BuildAsync(recipe, cancellationToken);
        }
        catch (ImageBuildException e)
        {
            throw new CommandFailure(e.Message);
        }
        Directory.CreateDirectory(target);
        Files.Write(Path.Combine(target, ImageName), built.File.Span, force);
        Files.Write(Path.Combine(target, MeasurementsName), built.Measurements.ToJson(), force);
        Files.Write(Path.Combine(target, BillName), built.Bom.Span, force);
        if (screen.IsJson) screen.WriteJson(writer => Write(writer, target, built));
        else Show(screen, target, built, watch.Elapsed);
        return ExitCodes.Good;
    }

    private static ImageSigner? OpenSigner(string? certificate, string? key)
    {
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null)
        {
            throw new CommandFailure("--signing-certificate and --signing-key go together.");
        }
        byte[] pem = Files.Read(certificate, SigningCertificate.PemBytesMax, "a certificate");
        byte[] secret = Files.Read(key, SigningCertificate.PemBytesMax, "a key");
        return ImageSigner.TryOpen(
            pem, Encoding.UTF8.GetString(secret), out ImageSigner? signer, out string? fault)
            ? signer
            : throw new CommandFailure(fault);
    }

    private static DateTimeOffset BuildTime()
    {
        string? seconds = Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH");
        if (string.IsNullOrEmpty(seconds)) return DateTimeOffset.UnixEpoch;
        const uint max = uint.MaxValue;
        return uint.TryParse(
            seconds, NumberStyles.None, CultureInfo.InvariantCulture, out uint value)
            ? DateTimeOffset.FromUnixTimeSeconds(value)
            : throw new CommandFailure($"SOURCE_DATE_EPOCH is not a number from 0 to {max}.");
    }

    private static void Show(Screen screen, string target, BuiltImage built, TimeSpan took)
    {
        string path = Path.Combine(target, ImageName);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{Screen.Plain(path)}[/]  {built.File.Length} bytes in "
            + $"{took.TotalSeconds:0.0} s"));
        int ramdisk = 0;
        foreach (EifSection section in built.Image.Sections)
        {
            double share = 100.0 * section.Data.Length / built.File.Length;
            string detail = section.Type == EifSectionType.Ramdisk
                ? Detail(built.Ramdisks[ramdisk++]) : "";
            screen.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"  {section.Type,-12} {section.Data.Length,11} bytes {share,5:0.0}%{detail}"));
        }
        foreach ((int index, ReadOnlyMemory<byte> value) in Pcrs(built))
        {
            screen.Say($"  PCR{index}  {Convert.ToHexStringLower(value.Span)}");
        }
        screen.Say($"  beside it: {MeasurementsName} (a policy to verify with), {BillName}");
    }

    private static string Detail(BuiltRamdisk ramdisk) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {Screen.Plain(ramdisk.Recipe.Name)}: {ramdisk.Files.Length} files, "
        + $"{ramdisk.ArchiveBytes} bytes unpacked, {ramdisk.Took.TotalSeconds:0.0} s");

    private static void Write(Utf8JsonWriter json, string target, BuiltImage built)
    {
        json.WriteStartObject();
        json.WriteString("image", Path.Combine(target, ImageName));
        json.WriteNumber("bytes", built.File.Length);
        foreach ((int index, ReadOnlyMemory<byte> value) in Pcrs(built))
        {
            json.WriteString($"pcr{index}", Convert.ToHexStringLower(value.Span));
        }
        json.WriteEndObject();
    }

    private static ImmutableSortedDictionary<int, ReadOnlyMemory<byte>> Pcrs(BuiltImage built) =>
        built.Measurements.Measurements[0].Measurements.Pcrs;
}
