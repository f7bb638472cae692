using Spectre.Console;

namespace Sequencer.Iac;

/// <summary>Tells on standard error what takes long.</summary>
internal static class Steps
{
    /// <summary>Does the work while a terminal shows that it goes on; elsewhere it is one line.
    /// </summary>
    public static async Task<T> ShowAsync<T>(Screen screen, string what, Func<Task<T>> work)
    {
        if (screen.Error.Profile.Capabilities.Interactive)
        {
            return await screen.Error.Status().StartAsync(Screen.Plain(what), _ => work());
        }
        screen.Remark(Screen.Plain(what));
        return await work();
    }

    /// <summary>Does the work while a terminal shows that it goes on; elsewhere it is one line.
    /// </summary>
    public static Task ShowAsync(Screen screen, string what, Func<Task> work) =>
        ShowAsync(screen, what, async () =>
        {
            await work();
            return true;
        });
}
