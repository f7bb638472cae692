using System.Net.Sockets;
using Sequencer.Gateway.Link;

namespace Sequencer.Gateway.Tests.Link;

/// <summary>
/// What every endpoint does alike, over real sockets; and what a monitor's handshake may do wrong.
/// </summary>
public sealed class EndpointConformanceTests : IDisposable
{
    private const uint Port = 5005;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] Hello = ScriptedPeer.Frame(0x81, 1, [2, .. new byte[52]]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("link-");

    private string SocketPath => Path.Combine(_folder.FullName, "link");

    [Theory]
    [InlineData("unix")]
    [InlineData("hybrid")]
    public async Task A_request_is_answered(string scheme)
    {
        await using StreamPeer peer = Peer(scheme, AnswerHelloAsync);
        await using EnclaveClient client = await ConnectAsync(scheme);
        EnclaveHello hello = await client.HelloAsync(CancellationToken.None);
        Assert.Equal(EnclavePhase.Open, hello.Phase);
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("hybrid")]
    public async Task Nobody_listening_is_a_lost_enclave_that_names_the_endpoint(string scheme)
    {
        var lost = await Assert.ThrowsAsync<EnclaveLostException>(() => ConnectAsync(scheme));
        Assert.Contains(SocketPath, lost.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix", 0)]
    [InlineData("hybrid", 0)]
    [InlineData("unix", 5)]
    [InlineData("hybrid", 5)]
    [InlineData("unix", 40)]
    [InlineData("hybrid", 40)]
    public async Task A_peer_that_dies_within_a_frame_is_lost(string scheme, int bytes)
    {
        await using StreamPeer peer = Peer(scheme, async (stream, end) =>
        {
            await ReadFrameAsync(stream, end);
            await stream.WriteAsync(Hello.AsMemory(0, bytes), end);
        });
        await AssertLostAsync(scheme, Patience, "closed the connection");
    }

    [Theory]
    [InlineData("unix", 0)]
    [InlineData("hybrid", 0)]
    [InlineData("unix", 5)]
    [InlineData("hybrid", 5)]
    [InlineData("unix", 40)]
    [InlineData("hybrid", 40)]
    public async Task A_peer_that_stalls_within_a_frame_is_lost(string scheme, int bytes)
    {
        await using StreamPeer peer = Peer(scheme, async (stream, end) =>
        {
            await ReadFrameAsync(stream, end);
            await stream.WriteAsync(Hello.AsMemory(0, bytes), end);
            await Task.Delay(Timeout.Infinite, end);
        });
        await AssertLostAsync(scheme, Short, "did not answer Hello");
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("hybrid")]
    public async Task A_peer_that_ends_its_half_is_lost(string scheme)
    {
        await using StreamPeer peer = Peer(scheme, async (stream, end) =>
        {
            stream.Socket.Shutdown(SocketShutdown.Send);
            await Task.Delay(Timeout.Infinite, end);
        });
        await using EnclaveClient client = await ConnectAsync(scheme);
        Assert.Contains("closed", await client.Lost.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("hybrid")]
    public async Task A_peer_that_stops_reading_is_lost_to_everybody_in_line(string scheme)
    {
        await using StreamPeer peer = Peer(
            scheme, (_, end) => Task.Delay(Timeout.Infinite, end));
        await using EnclaveClient client = await ConnectAsync(scheme, Short);
        var body = new byte[LinkLimits.BodyMaxBytes];
        Task[] calls = [.. Enumerable.Range(0, 3).Select(
            _ => (Task)client.SequenceAsync(body, CancellationToken.None))];
        foreach (Task call in calls)
        {
            var lost = await Assert.ThrowsAsync<EnclaveLostException>(
                () => call.WaitAsync(Patience));
            Assert.Contains("took nothing of Sequence", lost.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("hybrid")]
    public async Task An_answer_that_nobody_asked_for_ends_the_connection(string scheme)
    {
        await using StreamPeer peer = Peer(scheme, async (stream, end) =>
        {
            await stream.WriteAsync(Hello, end);
            await Task.Delay(Timeout.Infinite, end);
        });
        await using EnclaveClient client = await ConnectAsync(scheme);
        Assert.Contains(
            "nobody asked for", await client.Lost.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_may_come_byte_by_byte_with_the_first_frame_behind_it()
    {
        await using StreamPeer peer = new(SocketPath, async (stream, end) =>
        {
            Assert.Equal($"CONNECT {Port}", await StreamPeer.ReadLineAsync(stream, end));
            foreach (byte b in "OK 7\n"u8.ToArray()) await stream.WriteAsync(new[] { b }, end);
            await AnswerHelloAsync(stream, end);
        });
        await using EnclaveClient client = await ConnectAsync("hybrid");
        await client.HelloAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Nothing_is_sent_before_the_monitor_has_answered()
    {
        var released = new TaskCompletionSource();
        int early = -1;
        await using StreamPeer peer = new(SocketPath, async (stream, end) =>
        {
            await StreamPeer.ReadLineAsync(stream, end);
            await released.Task.WaitAsync(end);
            early = stream.Socket.Available;
            await stream.WriteAsync("OK 7\n"u8.ToArray(), end);
            await AnswerHelloAsync(stream, end);
        });
        Task<EnclaveClient> connecting = ConnectAsync("hybrid");
        Assert.False(connecting.IsCompleted);
        released.SetResult();
        await using EnclaveClient client = await connecting;
        await client.HelloAsync(CancellationToken.None);
        Assert.Equal(0, early);
    }

    [Fact]
    public async Task What_stands_behind_the_handshake_s_line_belongs_to_the_link()
    {
        await using StreamPeer peer = new(SocketPath, async (stream, end) =>
        {
            // An answer ahead of its question, in the same segment as the handshake's.
            await stream.WriteAsync((byte[])[.. "OK 7\n"u8, .. Hello], end);
            await Task.Delay(Timeout.Infinite, end);
        });
        await using EnclaveClient client = await ConnectAsync("hybrid");
        Assert.Contains(
            "nobody asked for", await client.Lost.WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "nobody in it listens on port 5005")]
    [InlineData("OK", "nobody in it listens on port 5005")]
    [InlineData("\n", "is no monitor")]
    [InlineData("OK\n", "is no monitor")]
    [InlineData("ok 7\n", "is no monitor")]
    [InlineData("ERR no such port\n", "is no monitor")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "is no monitor")]
    public async Task A_handshake_that_is_none_is_told(string answer, string part)
    {
        await using StreamPeer peer = new(SocketPath, async (stream, end) =>
        {
            await StreamPeer.ReadLineAsync(stream, end);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer), end);
        });
        var lost = await Assert.ThrowsAsync<EnclaveLostException>(() => ConnectAsync("hybrid"));
        Assert.Contains(part, lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_is_too_long_is_cut_short()
    {
        await using StreamPeer peer = new(SocketPath, async (stream, end) =>
        {
            while (true) await stream.WriteAsync("OK OK OK "u8.ToArray(), end);
        });
        var lost = await Assert.ThrowsAsync<EnclaveLostException>(() => ConnectAsync("hybrid"));
        Assert.Contains("without a line feed", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_never_ends_is_given_up()
    {
        await using StreamPeer peer = new(SocketPath, async (stream, end) =>
        {
            await stream.WriteAsync("OK 7"u8.ToArray(), end);
            await Task.Delay(Timeout.Infinite, end);
        });
        var lost = await Assert.ThrowsAsync<EnclaveLostException>(
            () => ConnectAsync("hybrid", connect: Short));
        Assert.Contains("took no connection within 0.1 s", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_gives_up_during_the_handshake_is_not_told_of_an_enclave()
    {
        await using StreamPeer peer = new(
            SocketPath, (_, end) => Task.Delay(Timeout.Infinite, end));
        using var stop = new CancellationTokenSource();
        Task<EnclaveConnection> connecting = EnclaveConnection.ConnectAsync(
            Endpoint("hybrid"), new LinkTimes(Patience, Patience, Patience), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task ReadFrameAsync(NetworkStream stream, CancellationToken end) =>
        await stream.ReadExactlyAsync(new byte[12], end);

    private static async Task AnswerHelloAsync(NetworkStream stream, CancellationToken end)
    {
        await ReadFrameAsync(stream, end);
        await stream.WriteAsync(Hello, end);
        await Task.Delay(Timeout.Infinite, end);
    }

    private async Task AssertLostAsync(string scheme, TimeSpan stall, string part)
    {
        await using EnclaveClient client = await ConnectAsync(scheme, stall);
        var lost = await Assert.ThrowsAsync<EnclaveLostException>(
            () => client.HelloAsync(CancellationToken.None).WaitAsync(Patience));
        Assert.Contains(part, lost.Message, StringComparison.Ordinal);
        Assert.Equal(lost.Message, await client.Lost.WaitAsync(Patience));
    }

    private StreamPeer Peer(string scheme, Func<NetworkStream, CancellationToken, Task> serve) =>
        new(SocketPath, scheme == "hybrid" ? StreamPeer.Behind(Port, serve) : serve);

    private EnclaveEndpoint Endpoint(string scheme)
    {
        string text = scheme == "hybrid" ? $"hybrid:{SocketPath}:{Port}" : $"unix:{SocketPath}";
        Assert.True(
            EnclaveEndpoint.TryParse(text, out EnclaveEndpoint? endpoint, out string fault), fault);
        return endpoint;
    }

    private async Task<EnclaveClient> ConnectAsync(
        string scheme, TimeSpan? stall = null, TimeSpan? connect = null) =>
        new(await EnclaveConnection.ConnectAsync(
            Endpoint(scheme),
            new LinkTimes(connect ?? Patience, stall ?? Patience, Patience),
            CancellationToken.None));
}
