using System.Text;
using Sequencer.Bench.Parts;

namespace Sequencer.Bench.Tests;

public class EventLagTests
{
    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, 250, DateTimeKind.Utc);

    [Fact]
    public void The_last_entry_of_a_piece_tells_how_old_it_is()
    {
        byte[] piece = Encoding.UTF8.GetBytes(
            "id: 1\ndata: {\"number\":1,\"time\":\"2026-01-02T03:04:04.000Z\"}\n\n"
            + "id: 2\ndata: {\"number\":2,\"time\":\"2026-01-02T03:04:05.000Z\"}\n\nid: 3\n");

        Assert.True(EventLag.TryRead(piece, Now, out double ageMs));
        Assert.Equal(250, ageMs);
    }

    [Fact]
    public void An_entry_is_not_younger_than_now()
    {
        byte[] piece = "\"time\":\"2026-01-02T03:04:05.251Z\""u8.ToArray();

        Assert.True(EventLag.TryRead(piece, Now, out double ageMs));
        Assert.Equal(0, ageMs);
    }

    [Theory]
    [InlineData("")]
    [InlineData(": comment\n\n")]
    [InlineData("data: {\"time\":\"2026-01-02T03:04")]
    [InlineData("data: {\"time\":\"yesterday, before the tea\"}")]
    public void A_piece_without_a_whole_time_tells_nothing(string piece)
    {
        Assert.False(EventLag.TryRead(Encoding.UTF8.GetBytes(piece), Now, out _));
    }
}
