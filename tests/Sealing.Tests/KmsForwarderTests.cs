using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Tests;

namespace Sequencer.Sealing.Tests;

/// <summary>The pipe leads to one host, whatever is written into it.</summary>
public sealed class KmsForwarderTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pipe-");
    private readonly Socket _kms = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _other = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly HeldTime _time = new();
    private KmsForwarder _forwarder = null!;

    private string PipePath => Path.Combine(_folder.FullName, "kms");

    public async Task InitializeAsync()
    {
        foreach (Socket listener in new[] { _kms, _other })
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(16);
        }
        _forwarder = Make();
        await _forwarder.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _forwarder.StopAsync(CancellationToken.None);
        _forwarder.Dispose();
        _kms.Dispose();
        _other.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Bytes_go_both_ways_and_an_end_is_passed_on()
    {
        await using NetworkStream enclave = await UnixPipe.ConnectAsync(PipePath);
        using Socket service = await _kms.AcceptAsync();
        await enclave.WriteAsync("hello"u8.ToArray());
        Assert.Equal("hello", await ReadAsync(service, 5));
        await service.SendAsync("world"u8.ToArray());
        var answer = new byte[5];
        await enclave.ReadExactlyAsync(answer);
        Assert.Equal("world", Encoding.ASCII.GetString(answer));
        enclave.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await service.ReceiveAsync(new byte[1]));
        service.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await enclave.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task No_other_host_is_reached_by_asking_for_it()
    {
        string other = $"127.0.0.1:{((IPEndPoint)_other.LocalEndPoint!).Port}";
        foreach (string ask in new[]
        {
            $"CONNECT {other} HTTP/1.1\r\nHost: {other}\r\n\r\n",
            $"GET http://{other}/ HTTP/1.1\r\nHost: {other}\r\n\r\n",
            "PROXY TCP4 10.0.0.1 127.0.0.1 1 443\r\n",
        })
        {
            await using NetworkStream enclave = await UnixPipe.ConnectAsync(PipePath);
            await enclave.WriteAsync(Encoding.ASCII.GetBytes(ask));
            using Socket service = await _kms.AcceptAsync();
            Assert.Equal(ask, await ReadAsync(service, ask.Length));
        }
        Assert.False(_other.Poll(0, SelectMode.SelectRead));
    }

    [Fact]
    public async Task A_connection_carries_so_much_and_no_more()
    {
        await using NetworkStream enclave = await UnixPipe.ConnectAsync(PipePath);
        using Socket service = await _kms.AcceptAsync();
        Task<long> taken = CountAsync(service);
        var part = new byte[64 * 1024];
        try
        {
            for (long sent = 0; sent <= 2 * KmsForwarder.BytesMax; sent += part.Length)
            {
                await enclave.WriteAsync(part);
            }
            Assert.Fail("Everything was taken.");
        }
        catch (IOException)
        {
            // Its other end is gone.
        }
        Assert.Equal(KmsForwarder.BytesMax, await taken);
    }

    [Fact]
    public async Task So_many_connections_are_carried_at_once_and_the_next_waits_for_one_to_end()
    {
        var carried = new List<(NetworkStream Enclave, Socket Service)>();
        for (int i = 0; i < KmsForwarder.ConnectionsMax; i++)
        {
            NetworkStream enclave = await UnixPipe.ConnectAsync(PipePath);
            carried.Add((enclave, await _kms.AcceptAsync()));
        }
        await using NetworkStream next = await UnixPipe.ConnectAsync(PipePath);
        await next.WriteAsync("next"u8.ToArray());
        Assert.False(_kms.Poll(0, SelectMode.SelectRead));
        carried[0].Service.Dispose();
        await carried[0].Enclave.DisposeAsync();
        using Socket service = await _kms.AcceptAsync();
        Assert.Equal("next", await ReadAsync(service, 4));
        foreach ((NetworkStream enclave, Socket one) in carried)
        {
            await enclave.DisposeAsync();
            one.Dispose();
        }
    }

    [Fact]
    public async Task A_connection_that_is_never_silent_ends_all_the_same_and_makes_room()
    {
        for (int i = 0; i < KmsForwarder.ConnectionsMax; i++)
        {
            await using NetworkStream enclave = await UnixPipe.ConnectAsync(PipePath);
            using Socket service = await _kms.AcceptAsync();
            Assert.Equal(KmsForwarder.Lifetime, _time.Pending.Single());
            // Half of its life, a byte, and the rest of it.
            _time.Advance(KmsForwarder.Lifetime / 2);
            await enclave.WriteAsync("."u8.ToArray());
            Assert.Equal(".", await ReadAsync(service, 1));
            await service.SendAsync("."u8.ToArray());
            await enclave.ReadExactlyAsync(new byte[1]);
            _time.Advance(KmsForwarder.Lifetime / 2);
            Assert.Equal(0, await CountAsync(enclave.Socket));
            Assert.Equal(0, await CountAsync(service));
        }
        await using NetworkStream next = await UnixPipe.ConnectAsync(PipePath);
        await next.WriteAsync("next"u8.ToArray());
        using Socket taken = await _kms.AcceptAsync();
        Assert.Equal("next", await ReadAsync(taken, 4));
    }

    [Fact]
    public async Task That_nobody_answers_for_KMS_is_told_with_its_name()
    {
        using var log = new LogLines();
        using var logging = new LoggerFactory([log]);
        string path = Path.Combine(_folder.FullName, "alone");
        using KmsForwarder alone = Make(path, null, logging.CreateLogger<KmsForwarder>());
        _kms.Dispose();
        await alone.StartAsync(CancellationToken.None);
        await using NetworkStream enclave = await UnixPipe.ConnectAsync(path);
        await log.UntilAsync(1, "The way to 127.0.0.1 broke: ");
        await alone.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Who_is_not_the_enclave_is_not_carried_and_is_named_once()
    {
        // Where a CID is asked for: a UNIX socket has none, and so is nobody's.
        using var log = new LogLines();
        using var logging = new LoggerFactory([log]);
        string path = Path.Combine(_folder.FullName, "guarded");
        using KmsForwarder guarded = Make(path, enclaveCid: 16, logging.CreateLogger<KmsForwarder>());
        await guarded.StartAsync(CancellationToken.None);
        for (int i = 0; i < 3 * KmsForwarder.ConnectionsMax; i++)
        {
            await using NetworkStream stranger = await UnixPipe.ConnectAsync(path);
            Assert.Equal(0, await CountAsync(stranger.Socket));
        }
        Assert.False(_kms.Poll(0, SelectMode.SelectRead));
        await log.UntilAsync(1, "Refused");
        Assert.Equal(
            $"Refused at unix:{path}: CID unknown is not the enclave's, 16 (1 refused since the start).",
            Assert.Single(log.Lines).TrimEnd());
        _time.Advance(TimeSpan.FromMinutes(1));
        await using NetworkStream last = await UnixPipe.ConnectAsync(path);
        Assert.Equal(0, await CountAsync(last.Socket));
        await log.UntilAsync(1, "(13 refused");
        await guarded.StopAsync(CancellationToken.None);
    }

    [Fact]
    public void A_peer_is_known_by_the_CID_of_a_vsock_address_and_of_no_other()
    {
        // struct sockaddr_vm: family 40, port 1024, CID 16; the machine's byte order.
        byte[] enclave = [40, 0, 0, 0, 0, 4, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(16u, VsockAddress.CidOf(enclave));
        Assert.Equal(3u, VsockAddress.CidOf([.. enclave[..8], 3, .. enclave[9..]]));
        Assert.Null(VsockAddress.CidOf([1, .. enclave[1..]]));
        Assert.Null(VsockAddress.CidOf(enclave.AsSpan(0, 15)));
        Assert.Null(VsockAddress.CidOf([.. enclave, 0]));
        Assert.Null(VsockAddress.CidOf([]));
    }

    [Fact]
    public void Nobody_but_the_gateway_s_user_can_connect_to_the_file() => Assert.Equal(
        UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PipePath));

    [Fact]
    public async Task A_place_that_another_process_has_ends_the_start()
    {
        using KmsForwarder second = Make();
        await Assert.ThrowsAsync<IOException>(() => second.StartAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_file_that_is_no_socket_ends_the_start_and_stays()
    {
        string path = Path.Combine(_folder.FullName, "notes");
        await File.WriteAllTextAsync(path, "keep");
        using KmsForwarder other = Make(path, null, NullLogger<KmsForwarder>.Instance);
        await Assert.ThrowsAsync<IOException>(() => other.StartAsync(CancellationToken.None));
        Assert.Equal("keep", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task What_a_gateway_that_is_gone_left_is_replaced()
    {
        await _forwarder.StopAsync(CancellationToken.None);
        _forwarder.Dispose();
        File.Delete(PipePath);
        using (var dead =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(PipePath));
            // Disposal takes the file along, which a process that is killed leaves behind.
            File.Move(PipePath, PipePath + ".left");
        }
        File.Move(PipePath + ".left", PipePath);
        _forwarder = Make();
        await _forwarder.StartAsync(CancellationToken.None);
        await using NetworkStream enclave = await UnixPipe.ConnectAsync(PipePath);
        using Socket service = await _kms.AcceptAsync();
    }

    [Theory]
    [InlineData("vsock:5006", true)]
    [InlineData("unix:/run/sequencer/kms", true)]
    [InlineData("vsock:0", false)]
    [InlineData("vsock:05006", false)]
    [InlineData("vsock:3:5006", false)]
    [InlineData("unix:", false)]
    [InlineData("tcp:443", false)]
    [InlineData("", false)]
    public void A_pipe_begins_at_a_vsock_port_or_a_UNIX_socket(string text, bool isRead)
    {
        Assert.Equal(isRead, PipeAddress.TryParse(text, out PipeAddress? address));
        Assert.Equal(isRead ? text : null, address?.ToString());
    }

    private KmsForwarder Make() => Make(PipePath, null, NullLogger<KmsForwarder>.Instance);

    private KmsForwarder Make(string path, uint? enclaveCid, ILogger<KmsForwarder> log)
    {
        Assert.True(PipeAddress.TryParse($"unix:{path}", out PipeAddress? address));
        int port = ((IPEndPoint)_kms.LocalEndPoint!).Port;
        return new KmsForwarder(
            new KmsPipeSettings(address, new DnsEndPoint("127.0.0.1", port), enclaveCid),
            _time,
            log);
    }

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int read = await socket.ReceiveAsync(bytes.AsMemory(at));
            Assert.NotEqual(0, read);
            at += read;
        }
        return Encoding.ASCII.GetString(bytes);
    }

    private static async Task<long> CountAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        long count = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and int read) count += read;
        }
        catch (SocketException)
        {
            // Cut off: what was read before counts.
        }
        return count;
    }
}
