using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer audit</c>: a whole log, by URL or as a directory.</summary>
internal static class AuditCommand
{
    private static readonly Argument<string> Log = new("log")
    {
        Description = "Address of a gateway, or a data directory",
        HelpName = "URL|DIR",
    };

    private static readonly Option<string[]> Held = new("--held")
    {
        Description = "Receipts that you hold: the log must still extend the heads in them",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> Evidence = new("--evidence")
    {
        Description = "Where to write proof that the log has two histories, if a held head shows "
            + "it; 'sequencer verify FILE' checks it anywhere",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "audit",
            "Read a whole log and check every record, link, checkpoint and epoch against your "
            + "trust policy, and the tiles that a gateway serves. Reports every fault with its "
            + "place.\n\n"
            + "A log that was cut back to an older head, or continued from an older copy, is whole in "
            + "itself: name receipts that you hold with --held, and the log must extend their heads.\n\n"
            + "Examples:\n  sequencer audit http://127.0.0.1:5000 --policy trust-policy.json\n"
            + "  sequencer audit .run/data --policy trust-policy.json --held 1.receipt.json\n\n"
            + "Exit codes: 0 nothing wrong, 1 faults, 2 nothing was decided.")
        {
            Log,
            SharedOptions.KeyFile,
            SharedOptions.Policy,
            Held,
            Evidence,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string log = parse.GetRequiredValue(Log);
        Trust trust = SharedOptions.RequireTrust(parse, screen);
        using HttpClient? http = Gateway.IsAddress(log) ? Gateway.Connect(new Uri(log), parse) : null;
        IAuditSource source = http is null ? Open(log) : new HttpAuditSource(http);
        AuditReport report;
        try
        {
            TrustPolicy policy = await trust.PolicyForAsync(source, cancellationToken);
            string[] held = parse.GetValue(Held) ?? [];
            var auditor = new LogAuditor(policy, ReadHeld(held, policy));
            report = await ProgressBar.ShowAsync(
                screen,
                "Records",
                show => auditor.AuditAsync(
                    source,
                    show is null ? null : p => show(p.Records, p.Total),
                    cancellationToken));
        }
        catch (Exception e) when (e is IOException or InvalidDataException
            or HttpRequestException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"Cannot read {log}: {e.Message}");
        }
        if (parse.GetValue(Evidence) is { } file) WriteEvidence(screen, file, report);
        if (screen.IsJson) screen.WriteJson(json => Write(json, log, report));
        else Show(screen, log, report);
        return report.IsGood ? ExitCodes.Good : ExitCodes.Refused;
    }

    private static void WriteEvidence(Screen screen, string file, AuditReport report)
    {
        if (report.Evidence.IsEmpty)
        {
            if (report.FaultCounts.ContainsKey(VerificationRule.HeldHead))
            {
                screen.Remark(
                    "No evidence was written: a log that is only shorter than what you hold may be "
                    + "an old copy of it, and a head that is not good under the policy proves "
                    + "nothing.");
            }
            return;
        }
        Files.Write(file, report.Evidence[0].Encode(), force: false);
        screen.Remark(
            $"Wrote {Screen.Plain(file)}: proof of two histories, for anybody with a policy.");
    }

    // A head counts only if it is good under the policy: anybody can make a file that accuses a log.
    // Whether witnesses cosigned it makes no difference to what the log's own enclave signed.
    private static List<AttestedHead> ReadHeld(string[] files, TrustPolicy policy)
    {
        var verifier = new LogVerifier(policy);
        var heads = new List<AttestedHead>();
        foreach (string file in files)
        {
            byte[] receipt = Files.Read(file, Receipt.MaxBytes * 2, "a receipt");
            if (!verifier.VerifyAttestedHead(receipt).TryGet(out AttestedHead? head))
            {
                throw new CommandFailure(
                    $"{file} has no good head under this policy, so it can hold nothing against "
                    + $"the log: see 'sequencer verify {file}'.");
            }
            heads.Add(head);
        }
        return heads;
    }

    private static DirectoryAuditSource Open(string directory) =>
        // A mistyped folder is no log with everything missing.
        Directory.Exists(Path.Combine(directory, "log"))
            ? new DirectoryAuditSource(directory)
            : throw new CommandFailure(
                $"{directory} is neither an http address nor a gateway's data directory.");

    private static void Show(Screen screen, string log, AuditReport report)
    {
        screen.Say($"[bold]{Screen.Plain(log)}[/]");
        if (report.Head is { } head) CheckLines.Show(screen, head.Checks);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"  {Counted.Of(report.Records, "record")} read: "
            + $"{Counted.Of(report.Entries, "entry", "entries")}, "
            + $"{Counted.Of(report.Epochs, "epoch")}, {Counted.Of(report.Cells, "cell")}."));
        if (report.Payloads is { } payloads)
        {
            screen.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"  {Counted.Of(payloads.Present, "payload")} present, "
                + $"{payloads.Erased} erased by tombstones, "
                + $"{payloads.Missing} missing."));
        }
        foreach (string note in report.Notes) screen.Say($"  [grey]note: {Screen.Plain(note)}[/]");
        if (report.IsGood)
        {
            report.Head!.TryGet(out VerifiedHead? verified);
            screen.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"[green]GOOD[/]: nothing wrong in {Counted.Of(verified!.Checkpoint.Size, "record")} of "
                + $"{Screen.Plain(verified.Policy.Origin)}; "
                + $"root {verified.Checkpoint.Root.ToHex()}."));
            screen.Say($"      level: {Screen.Plain(Levels.Text(verified))}");
            return;
        }
        foreach (AuditFault fault in report.Faults)
        {
            screen.Say($"  [red]✗[/] {Screen.Plain(fault.Sentence)}");
        }
        long count = report.FaultCounts.Values.Sum();
        if (count > report.Faults.Length)
        {
            screen.Say($"    and {count - report.Faults.Length} more of the same kinds.");
        }
        screen.Say($"[red]REFUSED[/]: {Counted.Of(count, "fault")}.");
    }

    private static void Write(Utf8JsonWriter json, string log, AuditReport report)
    {
        json.WriteStartObject();
        json.WriteString("log", log);
        json.WriteBoolean("good", report.IsGood);
        json.WriteNumber("records", report.Records);
        json.WriteNumber("entries", report.Entries);
        json.WriteNumber("epochs", report.Epochs);
        json.WriteNumber("cells", report.Cells);
        if (report.Payloads is { } payloads)
        {
            json.WriteStartObject("payloads");
            json.WriteNumber("present", payloads.Present);
            json.WriteNumber("erased", payloads.Erased);
            json.WriteNumber("missing", payloads.Missing);
            json.WriteNumber("unerased", payloads.Unerased);
            json.WriteEndObject();
        }
        if (report.Head is { } head)
        {
            if (head.TryGet(out VerifiedHead? verified))
            {
                json.WriteNumber("head_size", verified.Checkpoint.Size);
                json.WriteString("root", verified.Checkpoint.Root.ToHex());
                json.WriteString("log_id", verified.LogId.ToHex());
                Levels.Write(json, verified);
                json.WriteBoolean("log_pinned", verified.Policy.IsLogPinned);
            }
            CheckLines.Write(json, head.Checks);
        }
        json.WriteStartArray("faults");
        foreach (AuditFault fault in report.Faults)
        {
            json.WriteStartObject();
            json.WriteString("rule", fault.Rule.Code());
            if (fault.Number is { } number) json.WriteNumber("number", number);
            if (fault.Epoch is { } epoch) json.WriteNumber("epoch", epoch);
            if (fault.Place is { } place) json.WriteString("place", place);
            json.WriteString("expected", fault.Expected);
            json.WriteString("found", fault.Actual);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("fault_counts");
        foreach ((VerificationRule rule, long count) in report.FaultCounts)
        {
            json.WriteNumber(rule.Code(), count);
        }
        json.WriteEndObject();
        json.WriteStartArray("notes");
        foreach (string note in report.Notes) json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
