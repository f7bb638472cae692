using System.Net.Sockets;
using Sequencer.Enclave.Nitro.Boot;

namespace Sequencer.Enclave.Tests.Nitro;

/// <summary>The heartbeat over a UNIX socket, where a parent listens or does not.</summary>
public sealed class HeartbeatTests : IDisposable
{
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
        Task<bool> sending = Send(TimeProvider.System);
        using Socket peer = await parent.AcceptAsync();
        var beat = new byte[2];
        Assert.Equal(1, await peer.ReceiveAsync(beat));
        Assert.Equal(0xb7, beat[0]);
        await peer.SendAsync(beat.AsMemory(0, 1));
        Assert.True(await sending);
    }

    [Theory]
    [InlineData(null)]
    [InlineData((byte)0)]
    public async Task Another_answer_or_none_is_no_answer(byte? answer)
    {
        using Socket parent = Listen();
        Task<bool> sending = Send(TimeProvider.System);
        using (Socket peer = await parent.AcceptAsync())
        {
            if (answer is { } wrong) await peer.SendAsync(new[] { wrong });
        }
        Assert.False(await sending);
    }

    [Fact]
    public async Task Nobody_there_is_no_answer() => Assert.False(await Send(TimeProvider.System));

    [Fact]
    public async Task A_parent_that_says_nothing_is_not_waited_for()
    {
        using Socket parent = Listen();
        Assert.False(await Send(new HurriedTime()));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<bool> Send(TimeProvider time) => Heartbeat.SendAsync(
        new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        new UnixDomainSocketEndPoint(At),
        time);

    private Socket Listen()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At));
        socket.Listen(1);
        return socket;
    }
}
