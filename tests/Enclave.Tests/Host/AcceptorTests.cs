using System.Net.Sockets;
using Sequencer.Enclave.Host.Link;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>A listening socket that fails, for a while or for good.</summary>
public sealed class AcceptorTests
{
    private readonly List<string> _lines = [];
    private readonly List<TimeSpan> _pauses = [];

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    [InlineData(SocketError.ConnectionAborted)]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.SocketError)]
    public async Task What_passes_is_waited_out_with_one_line_for_a_row_of_failures(
        SocketError failure)
    {
        using Socket first = NewSocket();
        using Socket second = NewSocket();
        Acceptor acceptor = After(failure, failure, failure, first, failure, second);
        Assert.Same(first, await acceptor.AcceptAsync(CancellationToken.None));
        Assert.Equal([$"took no connection: {failure}; tries on"], _lines);
        Assert.Equal(3, _pauses.Count);
        Assert.Same(second, await acceptor.AcceptAsync(CancellationToken.None));
        Assert.Equal(2, _lines.Count);
        Assert.All(_pauses, pause => Assert.True(pause > TimeSpan.Zero));
    }

    [Theory]
    [InlineData(SocketError.OperationAborted)]
    [InlineData(SocketError.NotSocket)]
    [InlineData(SocketError.InvalidArgument)]
    public async Task A_socket_of_no_more_use_is_the_callers_to_judge(SocketError failure)
    {
        Acceptor acceptor = After(failure);
        var thrown = await Assert.ThrowsAsync<SocketException>(
            () => acceptor.AcceptAsync(CancellationToken.None));
        Assert.Equal(failure, thrown.SocketErrorCode);
        Assert.Empty(_lines);
    }

    [Fact]
    public async Task A_pause_ends_when_the_server_is_told_to_end()
    {
        using var stop = new CancellationTokenSource();
        var acceptor = new Acceptor(
            _ => throw new SocketException((int)SocketError.TooManyOpenSockets),
            TimeProvider.System,
            _ => stop.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => acceptor.AcceptAsync(stop.Token));
    }

    private static Socket NewSocket() =>
        new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private Acceptor After(params object[] answers)
    {
        var left = new Queue<object>(answers);
        return new Acceptor(
            _ => left.Dequeue() is Socket socket
                ? ValueTask.FromResult(socket)
                : throw new SocketException((int)answers[0]),
            new HurriedTime(_pauses.Add),
            _lines.Add);
    }

    /// <summary>Every timer is due at once.</summary>
    private sealed class HurriedTime(Action<TimeSpan> asked) : TimeProvider
    {
        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            asked(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
