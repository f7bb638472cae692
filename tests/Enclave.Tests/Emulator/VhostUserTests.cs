using Sequencer.Enclave.Emulator.VhostUser;

namespace Sequencer.Enclave.Tests.Emulator;

/// <summary>The device's side of vhost-user, driven by a front end and a driver in this process.
/// </summary>
public sealed class VhostUserTests : IDisposable
{
    private const ushort Next = 1;
    private const ushort Writable = 2;
    private const ulong RequestAt = FrontEnd.GuestBase + 0x3000;
    private const ulong AnswerAt = FrontEnd.GuestBase + 0x4000;

    private readonly string _folder = Directory.CreateTempSubdirectory("sequencer-").FullName;
    private readonly FrontEnd _machine;

    public VhostUserTests() => _machine = new FrontEnd(Reverse, _folder);

    [Fact]
    public void A_request_is_answered_into_the_buffer_that_follows_it()
    {
        _machine.Start();
        OfferPair("abc"u8, answerRoom: 128);
        _machine.Kick();
        AwaitUsed(2);
        Assert.Equal((0u, 0), _machine.UsedEntry(0));
        Assert.Equal((1u, 3), _machine.UsedEntry(1));
        Assert.Equal("cba"u8, _machine.Read(0x4000, 3));
    }

    [Fact]
    public void The_ring_goes_round_and_round()
    {
        _machine.Start();
        for (int i = 0; i < 100; i++)
        {
            byte[] request = [(byte)i, 2, 3];
            OfferPair(request, answerRoom: 128);
            _machine.Kick();
            AwaitUsed((ushort)(2 * (i + 1)));
            Assert.Equal((1u, 3), _machine.UsedEntry(2 * i + 1));
            Assert.Equal([3, 2, (byte)i], _machine.Read(0x4000, 3));
        }
    }

    [Fact]
    public void Requests_and_answers_may_lie_in_pieces()
    {
        _machine.Start();
        _machine.Write(0x3000, "ab"u8);
        _machine.Write(0x3800, "cd"u8);
        _machine.Describe(0, RequestAt, 2, Next, 1);
        _machine.Describe(1, RequestAt + 0x800, 2, 0, 0);
        _machine.Describe(2, AnswerAt, 3, Next | Writable, 3);
        _machine.Describe(3, AnswerAt + 0x800, 125, Writable, 0);
        _machine.Offer(0, 2);
        _machine.Kick();
        AwaitUsed(2);
        Assert.Equal((2u, 4), _machine.UsedEntry(1));
        Assert.Equal("dcb"u8, _machine.Read(0x4000, 3));
        Assert.Equal("a"u8, _machine.Read(0x4800, 1));
    }

    [Fact]
    public void A_request_without_its_buffer_waits_for_it()
    {
        _machine.Start();
        _machine.Write(0x3000, "abc"u8);
        _machine.Describe(0, RequestAt, 3, 0, 0);
        _machine.Describe(1, AnswerAt, 128, Writable, 0);
        _machine.Offer(0);
        _machine.Kick();
        // A request that is answered shows that the kick before it was seen.
        _machine.Ask(VhostUserRequest.GetQueueCount);
        Assert.Equal(0, _machine.UsedCount);
        _machine.Offer(1);
        _machine.Kick();
        AwaitUsed(2);
    }

    [Fact]
    public void A_new_file_for_signals_is_signalled_at_once()
    {
        _machine.Start();
        _machine.SendCall();
        _machine.AwaitCall();
    }

    [Fact]
    public void A_ring_that_is_stopped_says_where_it_is_and_answers_nothing_more()
    {
        _machine.Start();
        OfferPair("abc"u8, answerRoom: 128);
        _machine.Kick();
        AwaitUsed(2);
        Assert.Equal(2ul << 32, _machine.Ask(VhostUserRequest.GetRingBase, FrontEnd.Ring(0)));
        OfferPair("abc"u8, answerRoom: 128);
        _machine.Kick();
        _machine.Ask(VhostUserRequest.GetQueueCount);
        Assert.Equal(2, _machine.UsedCount);
    }

    [Fact]
    public void Addresses_outside_of_the_memory_stop_the_device()
    {
        _machine.Start();
        _machine.Describe(
            0, FrontEnd.GuestBase + FrontEnd.MemoryBytes - 2, 3, 0, 0);
        _machine.Describe(1, AnswerAt, 128, Writable, 0);
        _machine.Offer(0, 1);
        AssertStops("outside of the guest's memory");
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(FrontEnd.GuestBase - 1)]
    [InlineData(ulong.MaxValue)]
    public void So_do_those_below_it_and_those_that_would_wrap(ulong address)
    {
        _machine.Start();
        _machine.Describe(0, address, 2, 0, 0);
        _machine.Describe(1, AnswerAt, 128, Writable, 0);
        _machine.Offer(0, 1);
        AssertStops("outside of the guest's memory");
    }

    [Fact]
    public void A_chain_that_loops_stops_the_device()
    {
        _machine.Start();
        _machine.Describe(0, RequestAt, 1, Next, 0);
        _machine.Offer(0, 1);
        AssertStops("does not end");
    }

    [Fact]
    public void A_chain_that_leaves_the_table_stops_the_device()
    {
        _machine.Start();
        _machine.Describe(0, RequestAt, 1, Next, FrontEnd.RingSize);
        _machine.Offer(0, 1);
        AssertStops("does not end");
    }

    [Theory]
    [InlineData(Writable, Writable, 3, 128)]
    [InlineData(0, 0, 3, 128)]
    [InlineData(4, Writable, 3, 128)]
    [InlineData(0, Writable, 66, 128)]
    [InlineData(0, Writable, -1, 128)]
    [InlineData(0, Writable, 3, 129)]
    public void Buffers_of_another_kind_or_length_stop_the_device(
        ushort requestFlags, ushort answerFlags, int requestLength, int answerLength)
    {
        _machine.Start();
        _machine.Describe(0, RequestAt, requestLength, requestFlags, 0);
        _machine.Describe(1, AnswerAt, answerLength, answerFlags, 0);
        _machine.Offer(0, 1);
        AssertStops("has another form");
    }

    [Fact]
    public void Too_little_room_for_an_answer_stops_the_device()
    {
        _machine.Start();
        OfferPair("abc"u8, answerRoom: 2);
        AssertStops("too little room");
    }

    [Fact]
    public void A_region_that_is_larger_than_its_file_is_not_mapped()
    {
        _machine.SendMemoryTable(FrontEnd.MemoryBytes + 1);
        _machine.AwaitFault();
        Assert.Contains("larger than its file", _machine.Fault!.Message);
    }

    [Fact]
    public void Requests_that_are_not_known_stop_the_device()
    {
        _machine.Send((VhostUserRequest)99, []);
        _machine.AwaitFault();
        Assert.Contains("not known", _machine.Fault!.Message);
    }

    public void Dispose()
    {
        _machine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void OfferPair(ReadOnlySpan<byte> request, int answerRoom)
    {
        _machine.Write(0x3000, request);
        _machine.Describe(0, RequestAt, request.Length, 0, 0);
        _machine.Describe(1, AnswerAt, answerRoom, Writable, 0);
        _machine.Offer(0, 1);
    }

    // Signals may be more than answers, never fewer.
    private void AwaitUsed(ushort count)
    {
        while (_machine.UsedCount != count) _machine.AwaitCall();
    }

    private void AssertStops(string reason)
    {
        _machine.Kick();
        _machine.AwaitFault();
        Assert.Contains(reason, _machine.Fault!.Message);
        Assert.Equal(0, _machine.UsedCount);
    }

    private static byte[] Reverse(ReadOnlySpan<byte> request)
    {
        byte[] answer = request.ToArray();
        Array.Reverse(answer);
        return answer;
    }
}
