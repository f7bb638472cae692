using System.CommandLine;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer get</c>: one record, its payload or its receipt.</summary>
internal static class GetCommand
{
    private static readonly Argument<ulong> Number = new("number")
    {
        Description = "Sequence number",
        HelpName = "NUMBER",
    };

    private static readonly Option<bool> Payload = new("--payload")
    {
        Description = "The payload's bytes instead (checked against the record)",
    };

    private static readonly Option<string?> Salt = new("--salt")
    {
        Description = "With --payload: write the salt of its commitment to this file",
        HelpName = "FILE",
    };

    private static readonly Option<bool> ReceiptOption = new("--receipt")
    {
        Description = "The receipt instead, verified if there is a policy",
    };

    private static readonly Option<bool> TlogProof = new("--tlog-proof")
    {
        Description = "With --receipt: as a C2SP tlog-proof",
    };

    private static readonly Option<string?> Target = new("--output", "-o")
    {
        Description = "Write to this file instead of standard output",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace the output file",
    };

    public static Command Create()
    {
        var command = new Command(
            "get",
            "Show a record, or fetch its payload or receipt.\n\n"
            + "Examples:\n  sequencer get 1\n  sequencer get 1 --payload -o invoice.pdf\n"
            + "  sequencer get 1 --receipt -o 1.receipt.json")
        {
            Number,
            SharedOptions.Url,
            SharedOptions.Policy,
            Payload,
            Salt,
            ReceiptOption,
            TlogProof,
            Target,
            Force,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        ulong number = parse.GetRequiredValue(Number);
        using HttpClient http = Gateway.Connect(parse.GetRequiredValue(SharedOptions.Url));
        Trust? trust =
            parse.GetValue(ReceiptOption) ? SharedOptions.FindTrust(parse, screen) : null;
        TrustPolicy? policy = trust is null
            ? null : await trust.PolicyForAsync(new HttpAuditSource(http), cancellationToken);
        SequencerClient client = policy is null
            ? SequencerClient.WithoutVerification(http)
            : new SequencerClient(http, policy);
        if (parse.GetValue(Payload))
        {
            SaltedPayload payload = await client.GetSaltedPayloadAsync(number, cancellationToken);
            if (parse.GetValue(Salt) is { } saltFile)
            {
                if (payload.Salt.Length == 0)
                {
                    throw new CommandFailure($"The payload of {number} has no salt.");
                }
                Salts.Write(saltFile, payload.Salt, parse.GetValue(Force));
            }
            Give(parse, screen, payload.Payload);
        }
        else if (parse.GetValue(ReceiptOption))
        {
            ReceiptFormat format =
                parse.GetValue(TlogProof) ? ReceiptFormat.TlogProof : ReceiptFormat.Json;
            ReceivedReceipt receipt =
                await client.GetReceiptAsync(number, format, cancellationToken);
            Give(parse, screen, receipt.Bytes.Span);
            // On standard error: standard output may be the receipt.
            screen.Remark(
                policy is null
                    ? "[grey]Not verified: there is no --policy.[/]"
                    : "Receipt [green]verified[/].");
        }
        else
        {
            EntryView entry = await client.GetEntryAsync(number, cancellationToken);
            if (screen.IsJson) screen.WriteJson(json => EntryLines.Write(json, entry));
            else EntryLines.Show(screen, entry);
        }
        return ExitCodes.Good;
    }

    private static void Give(ParseResult parse, Screen screen, ReadOnlySpan<byte> bytes)
    {
        if (parse.GetValue(Target) is { } path) Files.Write(path, bytes, parse.GetValue(Force));
        else screen.WriteBytes(bytes);
    }
}
