using System.Runtime.InteropServices;

namespace Sequencer.Bench.Peers;

/// <summary>The verb <c>peers</c>.</summary>
internal static class PeersVerb
{
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(PeersPlan plan)
    {
        using var end = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        try
        {
            PeersReport report = await PeersBench.RunAsync(plan, end.Token);
            Console.WriteLine();
            Console.Write(await report.WriteAsync(plan.Output));
            Console.WriteLine($"Written to {plan.Output}: peers.txt, peers.json, peers.svg.");
            return report.IsWhole ? 0 : 1;
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
