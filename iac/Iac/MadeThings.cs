using Sequencer.Iac.Aws;

namespace Sequencer.Iac;

/// <summary>
/// What a command has made so far. Where it fails or is broken off, all of it is taken back, newest
/// first; what cannot be is named, with the way to remove it.
/// </summary>
internal sealed class MadeThings(Screen screen)
{
    // Also after Ctrl-C, which ends everything else at once.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Stack<(string What, string Removal, Func<CancellationToken, Task> Undo)> _all = [];

    /// <summary>Remembers a thing.</summary>
    /// <param name="what">What it is, for people.</param>
    /// <param name="removal">How a person removes it.</param>
    /// <param name="undo">Removes it; throws if it cannot.</param>
    public void Add(string what, string removal, Func<CancellationToken, Task> undo) =>
        _all.Push((what, removal, undo));

    /// <summary>Removes everything.</summary>
    /// <returns>Null where nothing is left; else the failure that names what is.</returns>
    public async Task<CommandFailure?> TakeBackAsync(string because)
    {
        var left = new List<string>();
        using var patience = new CancellationTokenSource(Patience);
        foreach ((string what, string removal, Func<CancellationToken, Task> undo) in _all)
        {
            try
            {
                await undo(patience.Token);
                screen.Remark($"Took back {Screen.Plain(what)}.");
            }
            catch (Exception e) when (e is AwsFault or AwsUnreachable or CommandFailure
                or IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                left.Add($"{what} (remove it: {removal})");
            }
        }
        return left.Count == 0 ? null : new CommandFailure(
            FailureCodes.Unfinished,
            $"{because} What is still there: {string.Join("; ", left)}.", ExitCodes.Unfinished);
    }
}
