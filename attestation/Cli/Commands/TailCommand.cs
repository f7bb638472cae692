using System.CommandLine;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer tail</c>: records as they come.</summary>
internal static class TailCommand
{
    private const int TenBack = 10;
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(500);

    private static readonly Option<ulong?> From = new("--from")
    {
        Description = "First number (default: the last ten)",
        HelpName = "NUMBER",
    };

    private static readonly Option<ulong?> Limit = new("--limit")
    {
        Description = "End after so many records",
        HelpName = "COUNT",
    };

    private static readonly Option<bool> NoFollow = new("--no-follow")
    {
        Description = "End at the newest record instead of waiting for more",
    };

    private static readonly Option<string?> Position = new("--position")
    {
        Description = "With --policy: where to keep how far the log was verified, and to go on from",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "tail",
            "Show records as they are appended; Ctrl-C ends it. With --json, a line each.\n\n"
            + "With a trust policy every record is verified before it is shown: chain, tree, signed "
            + "heads, epochs, payloads; the first lie ends it. --position keeps how far that went, "
            + "so that a log which was changed between two runs is noticed.\n\n"
            + "Examples:\n  sequencer tail --from 0 --no-follow\n"
            + "  sequencer tail --policy trust-policy.json --position log.position\n\n"
            + "Exit codes: 0 ended as asked, 1 a lie, 2 nothing was decided.")
        {
            SharedOptions.Url,
            SharedOptions.Policy,
            From,
            Limit,
            NoFollow,
            Position,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        using HttpClient http = Gateway.Connect(parse.GetRequiredValue(SharedOptions.Url));
        var client = SequencerClient.WithoutVerification(http);
        if (SharedOptions.FindTrust(parse, screen) is { } trust)
        {
            TrustPolicy policy =
                await trust.PolicyForAsync(new HttpAuditSource(http), cancellationToken);
            var tail = new VerifiedTail(http, policy, parse.GetValue(Position));
            ulong end = await ReadSizeAsync(client, cancellationToken);
            await tail.ShowAsync(
                screen,
                parse.GetValue(From) ?? (end > TenBack ? end - TenBack : 0),
                parse.GetValue(Limit) ?? ulong.MaxValue,
                parse.GetValue(NoFollow) ? end : ulong.MaxValue,
                cancellationToken);
            return ExitCodes.Good;
        }
        if (parse.GetValue(Position) is not null)
        {
            throw new CommandFailure("--position keeps what was verified: it needs --policy.");
        }
        ulong size = await ReadSizeAsync(client, cancellationToken);
        ulong next = parse.GetValue(From) ?? (size > TenBack ? size - TenBack : 0);
        ulong left = parse.GetValue(Limit) ?? ulong.MaxValue;
        bool follow = !parse.GetValue(NoFollow);
        try
        {
            while (left > 0)
            {
                if (next < size)
                {
                    ulong to = Math.Min(size, left < size - next ? next + left : size);
                    await foreach (EntryView entry in client.ReadEntriesAsync(next, to, cancellationToken))
                    {
                        if (screen.IsJson) screen.WriteJsonLine(json => EntryLines.Write(json, entry));
                        else EntryLines.ShowLine(screen, entry);
                    }
                    left -= to - next;
                    next = to;
                    continue;
                }
                if (!follow) break;
                await Task.Delay(PollEvery, cancellationToken);
                size = await ReadSizeAsync(client, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how this command ends.
        }
        return ExitCodes.Good;
    }

    private static async Task<ulong> ReadSizeAsync(
        SequencerClient client, CancellationToken cancellationToken)
    {
        byte[] note = await client.GetCheckpointAsync(cancellationToken);
        return SignedNote.TryParse(note, out SignedNote? signed, out _)
            && Checkpoint.TryParse(signed.Text.Span, out Checkpoint? checkpoint, out _)
            ? checkpoint.Size
            : throw new CommandFailure("The gateway's checkpoint does not decode.");
    }
}
