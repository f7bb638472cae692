using System.CommandLine;
using System.Globalization;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer submit</c>: entries from files, standard input or lines.</summary>
internal static class SubmitCommand
{
    private const long PayloadMaxBytes = 1L << 30;

    private static readonly Argument<string[]> Sources = new("file")
    {
        Description = "Files to submit, each an entry; - for standard input",
        Arity = ArgumentArity.OneOrMore,
        HelpName = "FILE",
    };

    private static readonly Option<bool> Lines = new("--lines")
    {
        Description =
            "Each line is an entry, sent in batches; receipts can be fetched later with 'get'",
    };

    private static readonly Option<string?> Stream = new("--stream")
    {
        Description = "Append to this stream",
        HelpName = "NAME",
    };

    private static readonly Option<ExpectedVersion> Expect = new("--expect")
    {
        Description = "Version that the stream must have: a number, 'none', 'exists' or 'any'",
        HelpName = "VERSION",
        CustomParser = result => ParseExpected(result.Tokens[0].Value, result.AddError),
    };

    private static readonly Option<string> Type = new("--type")
    {
        Description = "Event type",
        DefaultValueFactory = _ => "",
        HelpName = "TEXT",
    };

    private static readonly Option<string> ContentType = new("--content-type")
    {
        Description = "Content type of the payload",
        DefaultValueFactory = _ => "",
        HelpName = "TEXT",
    };

    private static readonly Option<string[]> Metadata = new("--metadata", "-m")
    {
        Description = "A pair to record with the entry; may be repeated",
        HelpName = "KEY=VALUE",
        AllowMultipleArgumentsPerToken = false,
    };

    private static readonly Option<string?> Salt = new("--salt")
    {
        Description = "Salt the payload's commitment, so that nobody can guess the payload once it "
            + "is erased: with the salt in this file, or with a new one that is written there",
        HelpName = "FILE",
    };

    private static readonly Option<string?> IdempotencyKey = new("--idempotency-key")
    {
        Description = "Makes a retry safe: the same key and entry get the same number. With "
            + "--lines, each line has KEY/<line number>",
        HelpName = "KEY",
    };

    private static readonly Option<string?> Target = new("--output", "-o")
    {
        Description = "Where to write the receipt (default: NUMBER.receipt.json)",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "submit",
            "Submit entries; each gets its number and a receipt.\n\n"
            + "Examples:\n  echo hi | sequencer submit -\n"
            + "  sequencer submit invoice.pdf --stream invoices --expect 41 --metadata customer=7\n"
            + "  sequencer submit events.ndjson --lines --idempotency-key import-2026-11")
        {
            Sources,
            SharedOptions.Url,
            SharedOptions.Policy,
            Lines,
            Stream,
            Expect,
            Type,
            ContentType,
            Metadata,
            IdempotencyKey,
            Salt,
            Target,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string[] sources = parse.GetRequiredValue(Sources);
        if (parse.GetValue(Target) is not null && (sources.Length > 1 || parse.GetValue(Lines)))
        {
            throw new CommandFailure("--output goes with one entry.");
        }
        if (sources.Length > 1 && parse.GetValue(IdempotencyKey) is not null)
        {
            throw new CommandFailure("--idempotency-key goes with one file.");
        }
        if (parse.GetValue(Salt) is not null && (sources.Length > 1 || parse.GetValue(Lines)))
        {
            throw new CommandFailure("--salt goes with one entry: each has a salt of its own.");
        }
        if (parse.GetValue(Stream) is null && parse.GetResult(Expect) is { Implicit: false })
        {
            throw new CommandFailure("--expect goes with --stream: it is the stream's version.");
        }
        Trust? trust = SharedOptions.FindTrust(parse, screen);
        using HttpClient http = Gateway.Connect(parse.GetRequiredValue(SharedOptions.Url));
        TrustPolicy? policy = trust is null
            ? null : await trust.PolicyForAsync(new HttpAuditSource(http), cancellationToken);
        SequencerClient client = policy is null
            ? SequencerClient.WithoutVerification(http)
            : new SequencerClient(http, policy);
        try
        {
            foreach (string source in sources)
            {
                if (parse.GetValue(Lines))
                {
                    LineVerification? verification = policy is null ? null : new(http, policy);
                    await new LineSubmission(screen, client, verification).SubmitAsync(
                        source,
                        parse.GetValue(IdempotencyKey),
                        (payload, key) => Entry(parse, payload, key),
                        cancellationToken);
                    continue;
                }
                await SubmitAsync(parse, screen, client, source, cancellationToken);
            }
        }
        catch (ArgumentException e)
        {
            // The sentence without the name of a parameter, which is of no use here.
            throw new CommandFailure(e.Message.Split(" (Parameter", 2)[0]);
        }
        catch (UnverifiedReceiptException e)
        {
            string kept = FreeName("refused.receipt.json");
            Files.Write(kept, e.ReceiptBytes.Span, force: false);
            screen.Remark(
                $"[red]{Screen.Plain(e.Message)}[/] It is kept in {kept}: it is evidence.");
            CheckLines.Show(screen, e.Report.Checks);
            return ExitCodes.Refused;
        }
        return ExitCodes.Good;
    }

    private static async Task SubmitAsync(
        ParseResult parse,
        Screen screen,
        SequencerClient client,
        string source,
        CancellationToken cancellationToken)
    {
        byte[] payload = Files.Read(source, PayloadMaxBytes, "a payload");
        NewEntry entry = Entry(parse, payload, parse.GetValue(IdempotencyKey));
        if (parse.GetValue(Salt) is { } saltFile)
        {
            entry = entry with { Salt = Salts.ReadOrMake(saltFile) };
        }
        Appended appended = await client.AppendAsync(entry, cancellationToken: cancellationToken);
        string receipt = parse.GetValue(Target)
            ?? FreeName(string.Create(
                CultureInfo.InvariantCulture, $"{appended.Number}.receipt.json"));
        Files.Write(receipt, appended.ReceiptBytes.Span, force: parse.GetValue(Target) is not null);
        if (screen.IsJson)
        {
            screen.WriteJsonLine(json =>
            {
                json.WriteStartObject();
                json.WriteString("file", source);
                json.WriteNumber("number", appended.Number);
                json.WriteNumber("epoch", appended.Epoch);
                json.WriteString("time", Times.Text(appended.Time));
                if (appended.Stream is not null)
                {
                    json.WriteString("stream", appended.Stream);
                    json.WriteNumber("version", appended.Version!.Value);
                }
                json.WriteBoolean("replayed", appended.IsReplayed);
                json.WriteBoolean("verified", appended.VerifiedEntry is not null);
                json.WriteString("receipt", receipt);
                json.WriteEndObject();
            });
            return;
        }
        string version = appended.Stream is null
            ? ""
            : $", version {appended.Version} of stream {Screen.Plain(appended.Stream)}";
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]Number {appended.Number}[/]{version}, {Times.Text(appended.Time)}, "
            + $"epoch {appended.Epoch}{(appended.IsReplayed ? " (was there already)" : "")}."));
        string verified = appended.VerifiedEntry is null ? "" : ", [green]verified[/]";
        screen.Say($"Receipt in {Screen.Plain(receipt)}{verified}.");
        if (appended.VerifiedEntry is null)
        {
            screen.Remark(
                $"[grey]To verify it: sequencer verify {Screen.Plain(receipt)} --policy FILE "
                + "('sequencer policy --help' says how to make one)[/]");
        }
    }

    private static NewEntry Entry(ParseResult parse, byte[] payload, string? key) => new()
    {
        Payload = payload,
        ContentType = parse.GetValue(ContentType) ?? "",
        Type = parse.GetValue(Type) ?? "",
        Metadata = Pairs(parse.GetValue(Metadata) ?? []),
        Stream = parse.GetValue(Stream),
        Expected = parse.GetValue(Expect),
        IdempotencyKey = key,
    };

    private static List<KeyValuePair<string, string>> Pairs(string[] texts)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (string text in texts)
        {
            int split = text.IndexOf('=', StringComparison.Ordinal);
            if (split < 1) throw new CommandFailure($"--metadata {text}: write it as KEY=VALUE.");
            pairs.Add(new(text[..split], text[(split + 1)..]));
        }
        return pairs;
    }

    private static ExpectedVersion ParseExpected(string text, Action<string> refuse)
    {
        switch (text)
        {
            case "any": return ExpectedVersion.Any;
            case "none": return ExpectedVersion.None;
            case "exists": return ExpectedVersion.Exists;
        }
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long version))
        {
            return ExpectedVersion.At(version);
        }
        refuse($"--expect takes a version, 'none', 'exists' or 'any', not '{text}'.");
        return default;
    }

    // A receipt of another log may have this name already, and is worth as much.
    private static string FreeName(string name)
    {
        string[] parts = name.Split('.', 2);
        string path = name;
        for (int i = 2; File.Exists(path); i++)
        {
            path = string.Create(CultureInfo.InvariantCulture, $"{parts[0]}-{i}.{parts[1]}");
        }
        return path;
    }
}
