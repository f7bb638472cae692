using Spectre.Console;

namespace Sequencer.Cli;

/// <summary>A bar on standard error, for work that takes long.</summary>
internal static class ProgressBar
{
    /// <summary>Does the work, which tells how much of how much is done.</summary>
    public static async Task<T> ShowAsync<T>(
        Screen screen, string what, Func<Action<ulong, ulong>?, Task<T>> work)
    {
        // Only a person who watches wants a bar; a pipe or a log file gets the result alone.
        if (!screen.Error.Profile.Capabilities.Interactive) return await work(null);
        return await screen.Error.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask bar = context.AddTask(what, autoStart: true, maxValue: 1);
                return work((done, total) =>
                {
                    bar.MaxValue = Math.Max(1, total);
                    bar.Value = done;
                });
            });
    }

    /// <summary>Turns a bar into one that is told of each part.</summary>
    public static Action<ulong>? Adding(Action<ulong, ulong>? show, ulong total)
    {
        if (show is null) return null;
        ulong done = 0;
        return part => show(done += part, total);
    }
}
