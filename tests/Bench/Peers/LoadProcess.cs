using System.Diagnostics;
using Sequencer.Bench.Load;

namespace Sequencer.Bench.Peers;

/// <summary>The load generator as a process of its own, new for every run.</summary>
internal static class LoadProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs a load; ended early, it leaves no process behind.</summary>
    /// <exception cref="PeerException">It failed.</exception>
    public static async Task<LoadResult> RunAsync(
        LoadPlan plan, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["load", .. plan.ToArguments()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Answers are taken where the socket is polled: the generator leaves most of the machine to
        // the server, for every system alike.
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        using Process process = Process.Start(start)!;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ended.CancelAfter(plan.WarmUp + plan.Measured + Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(ended.Token);
            string error = await process.StandardError.ReadToEndAsync(ended.Token);
            await process.WaitForExitAsync(ended.Token);
            return process.ExitCode == 0
                ? LoadResult.FromJson(await output)
                : throw new PeerException(error.Trim());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerException("The load generator does not end.");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
