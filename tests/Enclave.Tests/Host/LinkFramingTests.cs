using System.Net.Sockets;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Tests.Core;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>Frames in pieces, in heaps, malformed, and from peers that do not read.</summary>
public sealed class LinkFramingTests : IDisposable
{
    private readonly RunningEnclave _enclave = new();

    public static TheoryData<string, string> Malformed => new()
    {
        { "length 0", "00000000 01010000 00000001" },
        { "length 7", "00000007 01010000 00000001" },
        { "length over the maximum", "01000001 01010000 00000001" },
        { "length of 4 GiB", "ffffffff 01010000 00000001" },
        { "version 0", "00000008 00010000 00000001" },
        { "version 2", "00000008 02010000 00000001" },
        { "type 0", "00000008 01000000 00000001" },
        { "type 13", "00000008 010d0000 00000001" },
        { "an answer's type", "00000008 01810000 00000001" },
        { "reserved bytes", "00000008 01010001 00000001" },
        { "hello with a body", "00000009 01010000 00000001 00" },
        {
            "replay begin without size",
            "0000000f 01030000 00000001 00000000000000"
        },
        {
            "replay begin cut in its checkpoint",
            "00000015 01030000 00000001 0000000000000001 00000002 41"
        },
        {
            "replay begin with a huge length",
            "00000014 01030000 00000001 0000000000000001 ffffffff"
        },
        {
            "replay begin with more",
            "00000019 01030000 00000001 0000000000000001 00000000 00000000 00"
        },
        { "replay end with a body", "00000009 01050000 00000001 00" },
        { "bundle with a body", "00000009 01060000 00000001 00" },
        { "sequence without a size", "0000000f 01070000 00000001 00000000000000" },
        { "sequence without a batch", "00000010 01070000 00000001 0000000000000000" },
        {
            "a batch cut in its group",
            "0000001d 01070000 00000001 0000000000000000 0000000000000001 00000001 00"
        },
        {
            "a batch with more",
            "0000001d 01070000 00000001 0000000000000000 0000000000000001 00000000 00"
        },
        { "pending of 7 bytes", "0000000f 01080000 00000001 00000000000000" },
        { "attest without a length", "00000008 01090000 00000001" },
        { "attest cut in its nonce", "00000018 01090000 00000001 10 010203040506070809101112131415" },
        {
            "attest with a short nonce",
            "00000018 01090000 00000001 0f 010203040506070809101112131415"
        },
        { "acknowledge of 9 bytes", "00000011 010a0000 00000001 000000000000000000" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_frame_ends_its_connection_and_nothing_else(string what, string hex)
    {
        using LinkClient bad = _enclave.Connect();
        using LinkClient good = _enclave.Connect();
        good.Genesis();
        byte[] hello = LinkClient.Frame(LinkMessageType.Hello, 77, []);
        bad.Send([.. hello, .. Convert.FromHexString(hex.Replace(" ", "")), .. hello]);

        // What was asked before it is answered; what comes after it is not.
        Assert.Equal(77u, bad.Receive().RequestId);
        Assert.True(bad.TryReceive() is null, what);
        good.Append(1, Requests.Append("a"));
    }

    [Fact]
    public void Records_cut_in_the_middle_end_the_connection_and_the_replay()
    {
        using LinkClient client = _enclave.Connect();
        client.Ask(
            LinkMessageType.ReplayBegin,
            [.. LinkClient.U64(1), .. LinkClient.Sized([]), .. LinkClient.Sized([])]);
        client.Send(LinkClient.Frame(LinkMessageType.ReplayRecords, 9, [0, 9, 1]));
        Assert.Null(client.TryReceive());
        using LinkClient next = _enclave.Connect();
        Assert.Equal((byte)CorePhase.Empty, next.Ask(LinkMessageType.Hello)[0]);
    }

    [Fact]
    public void Frames_may_come_byte_by_byte()
    {
        using LinkClient client = _enclave.Connect();
        byte[] genesis =
            LinkClient.Frame(LinkMessageType.Genesis, 5, TestEnclave.Configuration(9, 9));
        foreach (byte b in genesis) client.Send([b]);
        Assert.Equal(5u, client.Receive().RequestId);
        foreach (byte b in LinkClient.Frame(LinkMessageType.Hello, 6, [])) client.Send([b]);
        Assert.Equal(6u, client.Receive().RequestId);
    }

    [Fact]
    public async Task Requests_may_be_sent_ahead_and_are_answered_in_order()
    {
        using LinkClient client = _enclave.Connect();
        client.Genesis();
        const int Count = 300;
        var heap = new List<byte>();
        for (ulong i = 0; i < Count; i++)
        {
            byte[] batch = Requests.Batch(1 + i, [[Requests.Append($"entry {i}")]]);
            heap.AddRange(LinkClient.Frame(
                LinkMessageType.Sequence, (uint)i, [.. LinkClient.U64(1 + i), .. batch]));
        }
        Task sending = Task.Run(() => client.Send(heap.ToArray()));
        for (uint i = 0; i < Count; i++)
        {
            LinkAnswer answer = client.Receive();
            Assert.Equal(i, answer.RequestId);
            Assert.Equal(0, answer.ErrorCode);
            Assert.Equal(1 + i, new ParsedAnswer(answer.Body).Outcomes[0].Number);
        }
        await sending.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void What_was_asked_before_the_peer_s_end_is_answered()
    {
        using LinkClient client = _enclave.Connect();
        client.Send(LinkClient.Frame(LinkMessageType.Hello, 1, []));
        client.Send(LinkClient.Frame(LinkMessageType.Hello, 2, []).AsSpan(0, 7));
        client.CloseSending();
        Assert.Equal(1u, client.Receive().RequestId);
        Assert.Null(client.TryReceive());
    }

    [Fact]
    public void Two_connections_share_one_log()
    {
        using LinkClient first = _enclave.Connect();
        using LinkClient second = _enclave.Connect();
        first.Genesis();
        for (ulong size = 1; size < 41; size += 2)
        {
            first.Append(size, Requests.Append("first"));
            second.Append(size + 1, Requests.Append("second"));
        }
        Assert.Equal(first.Ask(LinkMessageType.Hello), second.Ask(LinkMessageType.Hello));
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_up_nobody_else()
    {
        using LinkClient greedy = _enclave.Connect();
        using LinkClient other = _enclave.Connect();
        greedy.Genesis();
        byte[][] requests = [.. Enumerable.Repeat(Requests.Append("a"), 2000)];
        other.Append(1, requests);
        // Each answer is half a megabyte: far more than the socket and the window hold together.
        byte[] pending = LinkClient.Frame(LinkMessageType.Pending, 1, LinkClient.U64(0));
        Task asking = Task.Run(() =>
        {
            for (int i = 0; i < 200; i++) greedy.Send(pending);
        });
        other.Append(2001, Requests.Append("b"));
        for (int i = 0; i < 200; i++) Assert.Equal(1u, greedy.Receive().RequestId);
        await asking.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Large_answers_to_small_requests_are_not_made_before_they_can_be_sent()
    {
        using LinkClient greedy = _enclave.Connect();
        using LinkClient other = _enclave.Connect();
        greedy.Genesis();
        // Each answer is half a megabyte: more than the sockets hold.
        byte[][] requests = [.. Enumerable.Repeat(Requests.Append("a"), 2000)];
        other.Append(1, requests);
        byte[] pending = LinkClient.Frame(LinkMessageType.Pending, 1, LinkClient.U64(0));
        const int Count = 40;
        for (int i = 0; i < Count; i++) greedy.Send(pending);
        for (int i = 0; i < 200; i++) other.Ask(LinkMessageType.Hello);
        other.Append(2001, Requests.Append("b"));

        // The last batch acknowledged the large one: only answers that were made before it are
        // large, and of these there are as many as the window and the sockets take.
        int early = 0;
        for (int i = 0; i < Count; i++)
        {
            if (greedy.Receive().Body.Length > 100_000) early++;
        }
        Assert.InRange(early, 0, 8);
    }

    [Fact]
    public void A_peer_that_takes_nothing_loses_its_connection()
    {
        var limits = new LinkLimits { WriteTimeout = TimeSpan.FromMilliseconds(50) };
        using var enclave = new RunningEnclave(options: new EnclaveOptions { Link = limits });
        using LinkClient stuck = enclave.Connect();
        stuck.Genesis();
        // Answers that fit the socket's buffer: however slow this test is, it takes them in time.
        byte[][] requests = [.. Enumerable.Repeat(Requests.Append("a"), 200)];
        for (ulong batch = 0; batch < 20; batch++) stuck.Append(1 + 200 * batch, requests);
        byte[] pending = LinkClient.Frame(LinkMessageType.Pending, 1, LinkClient.U64(0));
        // The enclave stops reading, then gives up: a send fails long before it times out.
        SocketException ended = Assert.Throws<SocketException>(() =>
        {
            for (int i = 0; i < 100_000; i++) stuck.Send(pending);
        });
        Assert.NotEqual(SocketError.TimedOut, ended.SocketErrorCode);
        using LinkClient next = enclave.Connect();
        Assert.Equal((byte)CorePhase.Open, next.Ask(LinkMessageType.Hello)[0]);
    }

    [Fact]
    public void One_connection_too_many_is_closed()
    {
        var limits = new LinkLimits { ConnectionsMax = 1 };
        using var enclave = new RunningEnclave(options: new EnclaveOptions { Link = limits });
        using LinkClient first = enclave.Connect();
        first.Ask(LinkMessageType.Hello);
        using LinkClient second = enclave.Connect();
        Assert.Null(second.TryReceive());
        first.Ask(LinkMessageType.Hello);
    }

    [Fact]
    public void Connections_that_never_send_a_frame_lose_their_places()
    {
        var limits = new LinkLimits
        {
            ConnectionsMax = 2,
            FirstFrameTimeout = TimeSpan.FromSeconds(2),
        };
        using var enclave = new RunningEnclave(options: new EnclaveOptions { Link = limits });
        using LinkClient silent = enclave.Connect();
        using LinkClient half = enclave.Connect();
        half.Send(LinkClient.Frame(LinkMessageType.Genesis, 1, new byte[9]).AsSpan(0, 20));
        Assert.Null(silent.TryReceive());
        Assert.Null(half.TryReceive());

        // One that spoke may be silent after it: it stays when later ones have come and gone.
        using LinkClient gateway = enclave.Connect();
        gateway.Genesis();
        using (LinkClient another = enclave.Connect()) Assert.Null(another.TryReceive());
        gateway.Append(1, Requests.Append("a"));
    }

    [Fact]
    public async Task Without_a_connection_for_long_enough_the_server_ends()
    {
        var limits = new LinkLimits { IdleTimeout = TimeSpan.FromMilliseconds(20) };
        using var enclave = new RunningEnclave(options: new EnclaveOptions { Link = limits });
        await enclave.Completion.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public void Dispose() => _enclave.Dispose();
}
