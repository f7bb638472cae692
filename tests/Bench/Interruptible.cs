using System.Runtime.InteropServices;
using Sequencer.Bench.Peers;

namespace Sequencer.Bench;

/// <summary>Runs a verb that stops what it started, also when it is asked to end.</summary>
internal static class Interruptible
{
    private const int Interrupted = 130;

    /// <summary>The process's exit status: 0 if the run was whole.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<bool>> run)
    {
        using var end = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        try
        {
            return await run(end.Token) ? 0 : 1;
        }
        catch (PeerException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }

        void End(PosixSignalContext signal)
        {
            // The default would leave the servers running.
            signal.Cancel = true;
            end.Cancel();
        }
    }
}
