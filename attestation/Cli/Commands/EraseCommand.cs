using System.CommandLine;
using System.Globalization;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer erase</c>: the payload of an entry, with a tombstone in the log.</summary>
internal static class EraseCommand
{
    private static readonly Argument<ulong> Number = new("number")
    {
        Description = "Sequence number of the entry whose payload is erased",
        HelpName = "NUMBER",
    };

    private static readonly Option<string?> Reason = new("--reason")
    {
        Description = "Why, for those who read the log; recorded as the tombstone's payload. Name "
            + "nobody in it",
        HelpName = "TEXT",
    };

    private static readonly Option<bool> Yes = new("--yes", "-y")
    {
        Description = "Erase without asking",
    };

    private static readonly Option<string?> Target = new("--output", "-o")
    {
        Description = "Where to write the tombstone's receipt (default: nowhere)",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "erase",
            "Have the gateway erase an entry's payload and salt, for good. The record stays, and so "
            + "do its receipts; an entry that says so is appended to the log. Copies elsewhere "
            + "(backups, snapshots of the disk, those who read it) are not reached.\n\n"
            + "The key needs the scope admin, and with a trust policy, under which the tombstone is "
            + "verified, read.\n\n"
            + "Examples:\n  sequencer erase 7\n"
            + "  sequencer erase 7 --yes --reason 'request 2026-113' -o 7.erased.receipt.json\n\n"
            + "Exit codes: 0 erased, 1 refused, 2 nothing was decided.")
        {
            Number,
            SharedOptions.Url,
            SharedOptions.KeyFile,
            SharedOptions.Policy,
            Reason,
            Yes,
            Target,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        ulong number = parse.GetRequiredValue(Number);
        if (!parse.GetValue(Yes)) Confirm(screen, number);
        Trust? trust = SharedOptions.FindTrust(parse, screen);
        using HttpClient http = Gateway.Connect(parse.GetRequiredValue(SharedOptions.Url), parse);
        TrustPolicy? policy = trust is null
            ? null : await trust.PolicyForAsync(new HttpAuditSource(http), cancellationToken);
        SequencerClient client = policy is null
            ? SequencerClient.WithoutVerification(http)
            : new SequencerClient(http, policy);
        ErasedPayload erased = await client.ErasePayloadAsync(
            number, parse.GetValue(Reason), cancellationToken);
        if (parse.GetValue(Target) is { } path)
        {
            Files.Write(path, erased.ReceiptBytes.Span, force: false);
        }
        Show(screen, erased);
        return ExitCodes.Good;
    }

    private static void Confirm(Screen screen, ulong number)
    {
        if (Console.IsInputRedirected)
        {
            throw new CommandFailure("There is nobody to ask: --yes erases without asking.");
        }
        screen.Remark(
            $"The payload of number {number} will be gone for good. Type the number to erase it:");
        if (Console.In.ReadLine()?.Trim() == number.ToString(CultureInfo.InvariantCulture)) return;
        throw new CommandFailure("Nothing was erased.");
    }

    private static void Show(Screen screen, ErasedPayload erased)
    {
        bool isVerified = erased.VerifiedEntry is not null;
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("erased", erased.Erased);
                json.WriteNumber("number", erased.Tombstone);
                json.WriteBoolean("verified", isVerified);
                json.WriteEndObject();
            });
            return;
        }
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]Erased[/] the payload of number {erased.Erased}; number {erased.Tombstone} says "
            + $"so{(isVerified ? ", [green]verified[/]" : "")}."));
    }
}
