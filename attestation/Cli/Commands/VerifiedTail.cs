using System.Text;
using Sequencer.Attestation.Following;
using Sequencer.Attestation.Verification;
using Sequencer.Client.Subscriptions;

namespace Sequencer.Cli.Commands;

/// <summary>Shows records once they are verified, and keeps how far that went.</summary>
/// <param name="http">The gateway.</param>
/// <param name="policy">What is trusted.</param>
/// <param name="positionPath">Where the position is kept; null for nowhere.</param>
internal sealed class VerifiedTail(HttpClient http, TrustPolicy policy, string? positionPath)
{
    private const int PositionMaxBytes = 8 * 1024;

    /// <summary>Shows records until there were enough.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="from">The first number, unless a position was kept.</param>
    /// <param name="limit">Most records.</param>
    /// <param name="end">The number to end before.</param>
    /// <param name="cancellationToken">Ends it too.</param>
    /// <exception cref="Sequencer.Client.UntrueLogException">A lie.</exception>
    public async Task ShowAsync(
        Screen screen, ulong from, ulong limit, ulong end, CancellationToken cancellationToken)
    {
        LogSubscription subscription = ReadPosition() is { } kept
            ? new LogSubscription(http, policy, kept)
            : await LogSubscription.FromAsync(http, policy, from, null, cancellationToken);
        if (limit == 0 || subscription.Position.Size >= end) return;
        try
        {
            await foreach (VerifiedEvent verified in subscription.ReadAsync(cancellationToken))
            {
                if (screen.IsJson)
                {
                    screen.WriteJsonLine(json => EntryLines.Write(json, verified.Entry));
                }
                else
                {
                    EntryLines.ShowLine(screen, verified.Entry);
                }
                if (--limit == 0 || subscription.Position.Size >= end) break;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how this command ends.
        }
        finally
        {
            // After a lie too: what was shown before it was true.
            WritePosition(subscription.Position);
        }
    }

    private LogPosition? ReadPosition()
    {
        if (positionPath is null || !File.Exists(positionPath)) return null;
        byte[] text = Files.Read(positionPath, PositionMaxBytes, "a position");
        return LogPosition.TryParse(Encoding.ASCII.GetString(text), out LogPosition? position)
            && position.LogId == policy.LogId
                ? position
                : throw new CommandFailure($"{positionPath} is no position in this log.");
    }

    private void WritePosition(LogPosition position)
    {
        if (positionPath is null) return;
        // In one step: a position that was cut off would be none.
        string written = positionPath + ".new";
        Files.Write(written, Encoding.ASCII.GetBytes(position.ToText()), force: true);
        File.Move(written, positionPath, overwrite: true);
    }
}
