namespace Sequencer.Simulation.Tests;

/// <summary>
/// Ends the process when a seed goes round in circles within one step, which nothing on its only
/// thread could notice.
/// </summary>
internal sealed class Watchdog
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly AutoResetEvent _alive = new(false);
    private volatile string _command = "";

    public Watchdog() => new Thread(Watch) { IsBackground = true }.Start();

    /// <summary>Another seed begins.</summary>
    public void Begin(string command)
    {
        _command = command;
        _alive.Set();
    }

    private void Watch()
    {
        while (_alive.WaitOne(Patience))
        {
        }
        Console.WriteLine($"FAIL a step that does not end: {_command}");
        Environment.Exit(1);
    }
}
