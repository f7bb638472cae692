using System.Collections.Concurrent;
using System.Net.Sockets;
using Sequencer.Enclave.Nitro.Boot;

namespace Sequencer.Enclave.Tests.Nitro;

/// <summary>The heartbeat over a UNIX socket, where a parent listens or does not.</summary>
public sealed class HeartbeatTests : IDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("sequencer-").FullName;

    /// <summary>Every timer is due at once.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    private string At => Path.Combine(_folder, "parent");

    [Fact]
    public async Task A_parent_that_sends_the_byte_back_has_heard_it()
    {
        using Socket parent = Listen();
        Task sending = Send(TimeProvider.System);
        using Socket peer = await parent.AcceptAsync();
        var beat = new byte[2];
        Assert.Equal(1, await peer.ReceiveAsync(beat));
        Assert.Equal(0xb7, beat[0]);
        await peer.SendAsync(beat.AsMemory(0, 1));
        await sending;
        Assert.Empty(_lines);
    }

    [Theory]
    [InlineData(null)]
    [InlineData((byte)0)]
    public async Task Another_answer_or_none_is_no_answer(byte? answer)
    {
        using Socket parent = Listen();
        Task sending = Send(TimeProvider.System);
        using (Socket peer = await parent.AcceptAsync())
        {
            if (answer is { } wrong) await peer.SendAsync(new[] { wrong });
        }
        await sending;
        AssertNoAnswer();
    }

    [Fact]
    public async Task Nobody_there_is_no_answer()
    {
        await Send(TimeProvider.System);
        AssertNoAnswer();
    }

    [Fact]
    public async Task A_parent_that_says_nothing_is_not_waited_for()
    {
        using Socket parent = Listen();
        await Send(new HurriedTime());
        AssertNoAnswer();
    }

    [Fact]
    public async Task A_heartbeat_that_cannot_even_begin_is_a_line_and_no_failure()
    {
        await Heartbeat.AnnounceAsync(
            () => throw new IOException("no socket\nat all"),
            new UnixDomainSocketEndPoint(At),
            TimeProvider.System,
            _lines.Enqueue);
        Assert.Equal("there is no heartbeat: IOException: no socket at all", Assert.Single(_lines));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task Send(TimeProvider time) => Heartbeat.AnnounceAsync(
        () => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        new UnixDomainSocketEndPoint(At),
        time,
        _lines.Enqueue);

    private void AssertNoAnswer() => Assert.Equal(
        $"the parent did not answer the heartbeat at {At}", Assert.Single(_lines));

    private Socket Listen()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At));
        socket.Listen(1);
        return socket;
    }
}
