using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Bench;

/// <summary>Writers who each append one entry after the other to one of the streams.</summary>
/// <param name="streams">Streams, which they share.</param>
/// <param name="lag">Told what is acknowledged.</param>
internal sealed class FanoutWriters(int streams, DeliveryLag lag)
{
    public const int Count = 64;
    public const int PayloadBytes = 200;

    /// <summary>Straight into the gateway's line, in its process. Entries a second.</summary>
    public Task<double> RunInProcessAsync(AppendQueue queue, TimeSpan duration)
    {
        var budget = new ByteBudget(long.MaxValue);
        return MeasureAsync(duration, async (writer, isOver) =>
        {
            PayloadItem[] items = [Item(writer % streams)];
            long count = 0;
            while (!isOver())
            {
                using ByteReservation room = budget.Open();
                AppendResult result =
                    await queue.AppendAsync(new Submission(items, isAtomic: false), room);
                if (result.Failure != AppendFailure.None)
                {
                    throw new InvalidOperationException($"Not appended: {result.Failure}.");
                }
                lag.Acknowledged(result.Entries[0].Outcome.Number);
                count++;
            }
            return count;
        });
    }

    /// <summary>Over HTTP, each on a connection of its own. Entries a second.</summary>
    public Task<double> RunOverHttpAsync(IPEndPoint address, TimeSpan duration) =>
        MeasureAsync(duration, async (writer, isOver) =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address);
            byte[] request = Request(writer % streams);
            var answer = new byte[16 * 1024];
            long count = 0;
            while (!isOver())
            {
                await socket.SendAsync(request);
                lag.Acknowledged(await ReadNumberAsync(socket, answer));
                count++;
            }
            return count;
        });

    private static async Task<double> MeasureAsync(
        TimeSpan duration, Func<int, Func<bool>, Task<long>> write)
    {
        long start = Stopwatch.GetTimestamp();
        long[] counts = await Task.WhenAll(Enumerable.Range(0, Count).Select(writer => Task.Run(
            () => write(writer, () => Stopwatch.GetElapsedTime(start) >= duration))));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Up to the end of the body, which is one chunk or has a length; it ends with a line feed.
    private static async Task<ulong> ReadNumberAsync(Socket socket, byte[] answer)
    {
        int length = 0;
        while (true)
        {
            int read = await socket.ReceiveAsync(answer.AsMemory(length));
            if (read == 0) throw new IOException("The gateway hung up.");
            length += read;
            if (TryFindNumber(answer.AsSpan(0, length), out ulong number)) return number;
        }
    }

    private static bool TryFindNumber(ReadOnlySpan<byte> answer, out ulong number)
    {
        number = 0;
        int head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        if (!answer.StartsWith("HTTP/1.1 201"u8))
        {
            throw new IOException(Encoding.ASCII.GetString(answer));
        }
        ReadOnlySpan<byte> name = "Content-Length: "u8;
        int at = answer[..head].IndexOf(name);
        bool hasLength = Utf8Parser.TryParse(answer[(at + name.Length)..], out int length, out _);
        if (at < 0 || !hasLength) throw new IOException("An answer without its length.");
        ReadOnlySpan<byte> body = answer[(head + 4)..];
        if (body.Length < length) return false;
        ReadOnlySpan<byte> member = "\"number\":"u8;
        int value = body.IndexOf(member);
        return value >= 0
            && Utf8Parser.TryParse(body[(value + member.Length)..], out number, out _);
    }

    private static byte[] Request(int stream)
    {
        string body = $$"""{"payload":"{{new string('x', PayloadBytes)}}","stream":"s-{{stream}}"}""";
        return Encoding.ASCII.GetBytes(
            "POST /v1/entries?receipt=none HTTP/1.1\r\nHost: localhost\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    private static PayloadItem Item(int number)
    {
        byte[] payload = Encoding.ASCII.GetBytes(new string('x', PayloadBytes));
        byte[] metadata = [1, 0, 0, 0, 0];
        byte[] stream = Encoding.ASCII.GetBytes($"s-{number}");
        byte[] request = AppendRequest.Encode(
            Derivation.Tenant(Derivation.DefaultTenantName), Derivation.Payload(payload),
            PayloadBytes, Derivation.Metadata(metadata), Digest.Zero,
            [new CellOperation(OperationCode.Bump, CellKind.Stream, stream)]);
        return new PayloadItem(request, metadata, payload);
    }
}
