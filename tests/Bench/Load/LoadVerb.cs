using System.Net.Sockets;

namespace Sequencer.Bench.Load;

/// <summary>The verb <c>load</c>: one load, its result as a line of JSON.</summary>
internal static class LoadVerb
{
    public static async Task<int> RunAsync(LoadPlan plan)
    {
        try
        {
            LoadResult result = await ClosedLoop.RunAsync(plan);
            Console.WriteLine(result.ToJson());
            return 0;
        }
        catch (Exception e) when (e is WireException or TimeoutException or SocketException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
