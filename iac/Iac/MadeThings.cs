using Sequencer.Iac.Aws;

namespace Sequencer.Iac;

/// <summary>
/// What a command has made so far. Where it fails or is broken off, all of it is taken back, newest
/// first; what cannot be is named, with the way to remove it.
/// </summary>
internal sealed class MadeThings(Screen screen, TimeProvider time)
{
    // Also after Ctrl-C, which ends everything else at once. An instance takes a minute or two to end,
    // and what belongs to it can go only then.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Stack<(string What, string WhatToDo, Func<CancellationToken, Task> Undo)> _all = [];

    /// <summary>Remembers a thing.</summary>
    /// <param name="what">What it is, for people.</param>
    /// <param name="whatToDo">How a person finds and removes it.</param>
    /// <param name="undo">Removes it; throws if it cannot.</param>
    public void Add(string what, string whatToDo, Func<CancellationToken, Task> undo) =>
        _all.Push((what, whatToDo, undo));

    /// <summary>Removes everything.</summary>
    /// <returns>Null where nothing is left; else the failure that names what is.</returns>
    public async Task<CommandFailure?> TakeBackAsync(string because)
    {
        var left = new List<string>();
        using var patience = new CancellationTokenSource(Patience, time);
        foreach ((string what, string whatToDo, Func<CancellationToken, Task> undo) in _all)
        {
            try
            {
                await undo(patience.Token);
                screen.Remark($"Took back {Screen.Plain(what)}.");
            }
            catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
            {
                left.Add($"{what} ({whatToDo})");
            }
        }
        return left.Count == 0 ? null : new CommandFailure(
            FailureCodes.Unfinished,
            $"{because} What is still there: {string.Join("; ", left)}.", ExitCodes.Unfinished);
    }
}
