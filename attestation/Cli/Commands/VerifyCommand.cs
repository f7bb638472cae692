using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer verify</c>: receipts, offline.</summary>
internal static class VerifyCommand
{
    private const long PayloadMaxBytes = 1L << 30;

    private static readonly Argument<string[]> Receipts = new("receipt")
    {
        Description = "Receipt files, JSON or .tlog-proof, or evidence; - for standard input",
        Arity = ArgumentArity.OneOrMore,
        HelpName = "FILE",
    };

    private static readonly Option<string?> Payload = new("--payload")
    {
        Description = "The payload, to check that it is the one recorded (with one receipt)",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Salt = new("--salt")
    {
        Description = "With --payload: the salt of its commitment, in base64",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "verify",
            "Verify receipts offline, down to the roots of your trust policy. Never uses the network.\n\n"
            + "Examples:\n  sequencer verify 1.receipt.json --policy trust-policy.json --payload invoice.pdf\n"
            + "  sequencer verify 1.receipt.json --policy measurements.json\n\n"
            + "Evidence that 'sequencer audit' wrote is judged as such: it is good if the log has "
            + "two histories.\n\n"
            + "An entry whose payload was erased is told so if its tombstone's receipt is among "
            + "those given.\n\n"
            + "An image's measurements.json pins which program signed, but not which log of it.\n\n"
            + "Exit codes: 0 all good, 1 at least one refused, 2 nothing was decided.")
        {
            Receipts,
            SharedOptions.Policy,
            Payload,
            Salt,
        };
        command.SetWork(Work);
        return command;
    }

    private static Task<int> Work(ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string[] files = parse.GetRequiredValue(Receipts);
        string? payloadFile = parse.GetValue(Payload);
        if (payloadFile is not null && files.Length > 1)
        {
            throw new CommandFailure("--payload goes with one receipt.");
        }
        string? saltFile = parse.GetValue(Salt);
        if (saltFile is not null && payloadFile is null)
        {
            throw new CommandFailure("--salt goes with --payload.");
        }
        Trust trust = SharedOptions.RequireTrust(parse, screen);
        PayloadClaim? payload = payloadFile is null
            ? null
            : PayloadClaim.Of(
                Files.Read(payloadFile, PayloadMaxBytes, "a payload"),
                saltFile is null ? [] : Salts.Read(saltFile));

        var reports = new List<(string File, VerificationReport<VerifiedEntry> Report)>();
        foreach (string file in files)
        {
            byte[] receipt = Files.Read(file, ForkEvidence.MaxBytes, "a receipt");
            if (ForkEvidence.IsLikely(receipt))
            {
                return Task.FromResult(files.Length == 1
                    ? EvidenceVerdicts.Judge(screen, file, receipt, trust)
                    : throw new CommandFailure($"{file} is evidence: verify it alone."));
            }
            reports.Add((file, trust.VerifyReceipt(receipt, payload)));
        }
        var erasures = new ReceiptErasures(reports.Select(r => r.Report));
        if (screen.IsJson) screen.WriteJson(json => Write(json, reports, erasures));
        else foreach ((string file, var report) in reports) Show(screen, file, report, erasures);
        return Task.FromResult(
            reports.TrueForAll(r => r.Report.IsGood) ? ExitCodes.Good : ExitCodes.Refused);
    }

    private static void Show(
        Screen screen,
        string file,
        VerificationReport<VerifiedEntry> report,
        ReceiptErasures erasures)
    {
        screen.Say($"[bold]{Screen.Plain(file)}[/]");
        CheckLines.Show(screen, report.Checks);
        if (!report.TryGet(out VerifiedEntry? entry))
        {
            screen.Say(
                $"[red]REFUSED[/]: {report.Faults.Count()} of {report.Checks.Length} checks failed.");
            return;
        }
        string name = entry.Head.MeasurementName;
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[green]GOOD[/]: number {entry.Number} of {Screen.Plain(entry.Head.Policy.Origin)}, recorded "
            + $"{Times.Text(entry.TimeMs)} in epoch {entry.Epoch}; head of {entry.Head.Checkpoint.Size} "
            + $"records signed by image “{Screen.Plain(name)}”."));
        foreach (StreamVersion stream in entry.Streams)
        {
            screen.Say($"      version {stream.Version} of stream {Screen.Plain(stream.Name)}");
        }
        if (entry.PayloadCommitment is { } commitment && !entry.IsPayloadChecked)
        {
            screen.Say($"      payload commitment {commitment.ToHex()} (not compared: no --payload)");
        }
        if (erasures.TombstoneOf(entry) is { } tombstone)
        {
            screen.Say($"      [yellow]erased[/]: number {tombstone} says that its payload is gone");
        }
        if (entry.Tombstone is { } erases)
        {
            screen.Say($"      a tombstone: the payload of number {erases.Erased} was erased");
        }
        if (!entry.Head.Policy.IsLogPinned)
        {
            screen.Say($"      [yellow]{Screen.Plain(Trust.NotPinned(entry.Head.Policy))}[/]");
        }
        screen.Say($"      level: {Screen.Plain(Levels.Text(entry.Head))}");
    }

    private static void Write(
        Utf8JsonWriter json,
        IEnumerable<(string File, VerificationReport<VerifiedEntry> Report)> reports,
        ReceiptErasures erasures)
    {
        json.WriteStartObject();
        json.WriteStartArray("receipts");
        foreach ((string file, var report) in reports)
        {
            json.WriteStartObject();
            json.WriteString("file", file);
            json.WriteBoolean("good", report.IsGood);
            if (report.TryGet(out VerifiedEntry? entry))
            {
                json.WriteNumber("number", entry.Number);
                json.WriteNumber("epoch", entry.Epoch);
                json.WriteString("time", Times.Text(entry.TimeMs));
                json.WriteString("log_id", entry.Head.LogId.ToHex());
                json.WriteBoolean("log_pinned", entry.Head.Policy.IsLogPinned);
                json.WriteNumber("head_size", entry.Head.Checkpoint.Size);
                json.WriteString("measurement", entry.Head.MeasurementName);
                json.WriteBoolean("insecure_development_root", entry.Head.IsInsecureDevelopment);
                Levels.Write(json, entry.Head);
                if (entry.PayloadCommitment is { } commitment)
                {
                    json.WriteString("payload_digest", commitment.ToHex());
                }
                json.WriteBoolean("payload_checked", entry.IsPayloadChecked);
                if (erasures.TombstoneOf(entry) is { } tombstone)
                {
                    json.WriteNumber("erased", tombstone);
                }
                if (entry.Tombstone is { } erases) json.WriteNumber("erases", erases.Erased);
                json.WriteStartArray("streams");
                foreach (StreamVersion stream in entry.Streams)
                {
                    json.WriteStartObject();
                    json.WriteString("stream", stream.Name);
                    json.WriteNumber("version", stream.Version);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            CheckLines.Write(json, report.Checks);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
