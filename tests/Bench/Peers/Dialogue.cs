using System.Net.Sockets;
using System.Text;

namespace Sequencer.Bench.Peers;

/// <summary>A question to a server with a protocol of text lines, beside the load.</summary>
internal static class Dialogue
{
    private const int AnswerMaxBytes = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends a text on a new connection and reads until the answer is whole.</summary>
    /// <exception cref="PeerException">It does not become so.</exception>
    public static async Task<string> AskAsync(Uri server, string text, Func<string, bool> isWhole)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        var answer = new StringBuilder();
        try
        {
            await client.ConnectAsync(server.Host, server.Port, patience.Token);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(text), patience.Token);
            var buffer = new byte[AnswerMaxBytes];
            while (answer.Length < AnswerMaxBytes)
            {
                int count = await stream.ReadAsync(buffer, patience.Token);
                if (count == 0) break;
                answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
                string said = answer.ToString();
                if (isWhole(said)) return said;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
        {
            throw new PeerException($"{server} does not answer: {e.Message}");
        }
        throw new PeerException($"{server} says: {answer.ToString().ReplaceLineEndings(" ")}");
    }
}
