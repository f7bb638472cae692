using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Ramdisks;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer image describe</c>: what an image file holds.</summary>
internal static class ImageDescribeCommand
{
    private static readonly Argument<string> Subject = new("file")
    {
        Description = "Enclave image file (EIF, version 4); - for standard input",
        HelpName = "FILE",
    };

    private static readonly Option<bool> ListFiles = new("--files")
    {
        Description = "List what is in the ramdisks, with the SHA-256 of each file",
    };

    public static Command Create()
    {
        var command = new Command(
            "describe",
            "Show header, sections, command line, metadata and PCRs of an image file, and check "
            + "its checksum and signature. What metadata say is in no measurement; whether the "
            + "signer is one to trust is for the policy that names PCR8.\n\n"
            + "Examples:\n  sequencer image describe sequencer.eif\n"
            + "  sequencer image describe sequencer.eif --files --json\n\n"
            + "Exit codes: 0 a whole image, 1 no image or a wrong signature, 2 nothing was "
            + "decided.")
        {
            Subject,
            ListFiles,
            ImageBuildCommand.Zstd,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string file = parse.GetRequiredValue(Subject);
        byte[] bytes = Files.Read(file, EifFormat.FileBytesMax, "an image");
        if (!EifImage.TryParse(bytes, out EifImage? image, out EifRefusal? refusal))
        {
            if (screen.IsJson) screen.WriteJson(json => Write(json, refusal));
            else Show(screen, file, refusal);
            return ExitCodes.Refused;
        }
        ZstdProgram? zstd = parse.GetValue(ListFiles)
            ? new ZstdProgram(parse.GetRequiredValue(ImageBuildCommand.Zstd)) : null;
        ImageFacts facts = await ImageFacts.OfAsync(image, zstd, cancellationToken);
        if (screen.IsJson)
        {
            screen.WriteJson(json => ImageFactsJson.Write(json, bytes.Length, facts));
        }
        else
        {
            Show(screen, file, bytes.Length, facts);
        }
        return facts.SignatureFault is null ? ExitCodes.Good : ExitCodes.Refused;
    }

    private static void Show(Screen screen, string file, EifRefusal refusal)
    {
        screen.Say($"[bold]{Screen.Plain(file)}[/]");
        screen.Say($"  [red]✗ {refusal.Fault} at byte {refusal.Offset}[/]");
        screen.Say($"      expected  {Screen.Plain(refusal.Expected)}");
        screen.Say($"      found     {Screen.Plain(refusal.Actual)}");
        screen.Say("[red]REFUSED[/]: no enclave image.");
    }

    private static void Show(Screen screen, string file, int length, ImageFacts facts)
    {
        EifImage image = facts.Image;
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{Screen.Plain(file)}[/]  EIF {EifFormat.Version}, {facts.ArchitectureName}, "
            + $"{length} bytes, CRC-32 {image.Checksum:x8} [green]good[/]"));
        Fact("default memory", $"{image.DefaultMemoryBytes >> 20} MiB");
        Fact("default CPUs", $"{image.DefaultProcessors}");
        for (int i = 0; i < image.Sections.Length; i++)
        {
            EifSection section = image.Sections[i];
            string sha256 = Convert.ToHexStringLower(SHA256.HashData(section.Data.Span));
            Fact(
                $"section {i}",
                $"{section.Type,-11} at {section.Offset,9}, {section.Data.Length,9} bytes, "
                + sha256);
        }
        Fact("command line", image.CommandLineText);
        Fact("metadata", Encoding.UTF8.GetString(image.Metadata.Span));
        Fact("PCR0", Convert.ToHexStringLower(facts.Pcrs.Pcr0.Span));
        Fact("PCR1", Convert.ToHexStringLower(facts.Pcrs.Pcr1.Span));
        Fact("PCR2", Convert.ToHexStringLower(facts.Pcrs.Pcr2.Span));
        if (facts.Pcr8 is { } pcr8) Fact("PCR8", Convert.ToHexStringLower(pcr8));
        ShowSignature(screen, facts);
        for (int i = 0; i < facts.Ramdisks.Length; i++) Show(screen, i, facts.Ramdisks[i]);

        void Fact(string label, string value) =>
            screen.Say($"  {label,-15} {Screen.Plain(value)}");
    }

    private static void ShowSignature(Screen screen, ImageFacts facts)
    {
        string verdict = facts switch
        {
            { Image.Signature: null } => "none",
            { SignatureFault: { } fault } => $"[red]✗ refused: {fault}[/]",
            _ => "[green]good[/]: over PCR0, by the certificate that the image brings",
        };
        screen.Say($"  {"signature",-15} {verdict}");
        if (facts.Signer is not { } signer) return;
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"  {"signer",-15} {Screen.Plain(signer.Subject)}, valid "
            + $"{signer.NotBefore:yyyy-MM-dd} to {signer.NotAfter:yyyy-MM-dd}"));
    }

    private static void Show(Screen screen, int index, RamdiskFacts ramdisk)
    {
        screen.Say($"  [bold]ramdisk {index}[/]");
        if (ramdisk.Fault is { } fault)
        {
            screen.Say($"    [yellow]not listed: {Screen.Plain(fault)}[/]");
        }
        foreach (CpioEntry entry in ramdisk.Entries)
        {
            string mode = Convert.ToString(entry.Permissions, 8).PadLeft(4, '0');
            string data = entry.Kind switch
            {
                CpioKind.File => $"  {Convert.ToHexStringLower(SHA256.HashData(entry.Data.Span))}",
                CpioKind.SymbolicLink => $" -> {Encoding.UTF8.GetString(entry.Data.Span)}",
                CpioKind.CharacterDevice => $"  {entry.DeviceMajor}:{entry.DeviceMinor}",
                _ => "/",
            };
            screen.Say(
                $"    {mode} {entry.Data.Length,10}  {Screen.Plain(entry.Path + data)}");
        }
    }

    private static void Write(Utf8JsonWriter json, EifRefusal refusal)
    {
        json.WriteStartObject();
        json.WriteBoolean("good", false);
        json.WriteString("fault", ImageFactsJson.Name(refusal.Fault));
        json.WriteNumber("offset", refusal.Offset);
        json.WriteString("expected", refusal.Expected);
        json.WriteString("found", refusal.Actual);
        json.WriteEndObject();
    }
}
