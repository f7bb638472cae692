using System.Text.Json;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>Judges a file of evidence and says what it proves (docs/PROTOCOL.md section 17).
/// </summary>
internal static class EvidenceVerdicts
{
    /// <summary>The exit code: good for evidence that holds.</summary>
    public static int Judge(Screen screen, string file, ReadOnlySpan<byte> bytes, Trust trust)
    {
        if (!ForkEvidence.TryDecode(bytes, out ForkEvidence? evidence, out ReceiptRefusal? refusal))
        {
            throw new CommandFailure($"{file} is damaged evidence: {refusal}.");
        }
        EvidenceReport report = trust.VerifyEvidence(evidence)
            ?? throw new CommandFailure($"{file} names no log that could be accused.");
        if (screen.IsJson) screen.WriteJson(json => Write(json, file, report));
        else Show(screen, file, report);
        return report.Verdict == EvidenceVerdict.Fork ? ExitCodes.Good : ExitCodes.Refused;
    }

    private static void Show(Screen screen, string file, EvidenceReport report)
    {
        screen.Say($"[bold]{Screen.Plain(file)}[/]: evidence");
        ShowHead(screen, "smaller head", report.Smaller);
        ShowHead(screen, "larger head", report.Larger);
        screen.Say(report.Verdict == EvidenceVerdict.Fork
            ? $"[green]PROVEN[/]: {Meaning(report)}"
            : $"[red]REFUSED[/]: {Meaning(report)}");
    }

    private static void ShowHead(
        Screen screen, string name, VerificationReport<AttestedHead> report)
    {
        if (!report.TryGet(out AttestedHead? head))
        {
            screen.Say($"  {name}");
            CheckLines.Show(screen, report.Checks);
            return;
        }
        Checkpoint at = head.Checkpoint;
        string image = head.Epoch.Attestation.Measurements.Name;
        screen.Say(
            $"  [green]✓[/] {name}: size {at.Size}, root {at.Root}, signed by epoch "
            + $"{head.Epoch.Statement.Fields.Epoch} of image “{Screen.Plain(image)}”");
    }

    private static string Meaning(EvidenceReport report) => report.Verdict switch
    {
        EvidenceVerdict.Fork when report.Kind == ForkKind.OneEpoch =>
            "one epoch signed two histories of this log. An enclave that runs its code does not: "
            + "its key is out, or the image is not what it is taken for.",
        EvidenceVerdict.Fork =>
            "two epochs signed two histories of this log: enclaves were started from one older "
            + "state. Whoever runs the log did that, or let it happen.",
        EvidenceVerdict.HeadNotAttested =>
            "a head is not good under your policy; anybody can make one, so it accuses nobody.",
        EvidenceVerdict.Order => "the heads are not in the order of their sizes.",
        EvidenceVerdict.PrefixNotProven =>
            "the larger head is not shown to have another history than the smaller one.",
        EvidenceVerdict.Consistent => "the larger head extends the smaller one: nothing is wrong.",
        _ => throw new ArgumentOutOfRangeException(nameof(report)),
    };

    private static void Write(Utf8JsonWriter json, string file, EvidenceReport report)
    {
        json.WriteStartObject();
        json.WriteString("file", file);
        json.WriteBoolean("proven", report.Verdict == EvidenceVerdict.Fork);
        json.WriteString("verdict", report.Verdict switch
        {
            EvidenceVerdict.Fork => "fork",
            EvidenceVerdict.HeadNotAttested => "head_not_attested",
            EvidenceVerdict.Order => "order",
            EvidenceVerdict.PrefixNotProven => "prefix_not_proven",
            EvidenceVerdict.Consistent => "consistent",
            _ => throw new ArgumentOutOfRangeException(nameof(report)),
        });
        if (report.Kind is { } kind)
        {
            json.WriteString("signed_by", kind == ForkKind.OneEpoch ? "one_epoch" : "two_epochs");
        }
        WriteHead(json, "smaller", report.Smaller);
        WriteHead(json, "larger", report.Larger);
        json.WriteEndObject();
    }

    private static void WriteHead(
        Utf8JsonWriter json, string name, VerificationReport<AttestedHead> report)
    {
        json.WriteStartObject(name);
        if (report.TryGet(out AttestedHead? head))
        {
            json.WriteNumber("size", head.Checkpoint.Size);
            json.WriteString("root", head.Checkpoint.Root.ToHex());
            json.WriteNumber("epoch", head.Epoch.Statement.Fields.Epoch);
            json.WriteString("measurement", head.Epoch.Attestation.Measurements.Name);
        }
        CheckLines.Write(json, report.Checks);
        json.WriteEndObject();
    }
}
