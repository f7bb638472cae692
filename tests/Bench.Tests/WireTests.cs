using System.Text;
using Sequencer.Bench.Load;

namespace Sequencer.Bench.Tests;

/// <summary>A load counts an answer when it is whole, and only if it is a good one.</summary>
public class WireTests
{
    private static readonly Uri Url = new("http://127.0.0.1:5000/v1/entries");

    private static readonly Dictionary<string, (Func<IWire> Wire, string Answer)> Good = new()
    {
        ["redis"] = (() => new RedisWire(1), "$15\r\n1700000000000-0\r\n"),
        ["nats"] = (
            () => new NatsWire(1),
            "INFO {}\r\nPING\r\nMSG _INBOX.x 1 26\r\n{\"stream\":\"log\", \"seq\":1 }\r\n"),
        ["nats pong"] = (() => new NatsWire(1), "INFO {}\r\nPONG\r\n"),
        ["postgresql"] = (
            () => new PostgresWire(1),
            "2\0\0\0\u0004C\0\0\0\u000fINSERT 0 1\0Z\0\0\0\u0005I"),
        ["http with a length"] = (
            () => new HttpWire(Url, 1), "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"),
        ["http in lower case"] = (
            () => new HttpWire(Url, 1), "HTTP/1.1 200 OK\r\ndate: x\r\ncontent-length: 0\r\n\r\n"),
        ["http read"] = (
            () => new HttpReadWire(Url, 1, 9), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
        ["http in chunks"] = (
            () => new HttpWire(Url, 1),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: x\r\n\r\n"
            + "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"),
    };

    private static readonly Dictionary<string, (Func<IWire> Wire, string Answer)> Bad = new()
    {
        ["redis"] = (() => new RedisWire(1), "-OOM command not allowed\r\n"),
        ["nats"] = (() => new NatsWire(1), "-ERR 'Authorization Violation'\r\n"),
        ["nats without a stream"] = (
            () => new NatsWire(1), "MSG _INBOX.x 1 15\r\n{\"error\":\"full\"}\r\n"),
        ["postgresql"] = (() => new PostgresWire(1), "E\0\0\0\u000aSERROR"),
        ["postgresql with a password"] = (() => new PostgresWire(1), "R\0\0\0\u0008\0\0\0\u0003"),
        ["http"] = (
            () => new HttpWire(Url, 1), "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n"),
        ["http read"] = (
            () => new HttpReadWire(Url, 1, 9), "HTTP/1.1 404 Not\r\nContent-Length: 0\r\n\r\n"),
        ["http batch"] = (
            () => new HttpWire(Url, 2),
            "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"refused\"}"),
        ["http without an end"] = (() => new HttpWire(Url, 1), "HTTP/1.1 200 OK\r\n\r\n"),
    };

    public static TheoryData<string> GoodNames => [.. Good.Keys];

    public static TheoryData<string> BadNames => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(GoodNames))]
    public void An_answer_is_taken_when_its_last_byte_is_there(string name)
    {
        (Func<IWire> newWire, string text) = Good[name];
        byte[] answer = Encoding.Latin1.GetBytes(text);
        for (int split = 0; split < answer.Length; split++)
        {
            IWire wire = newWire();
            Assert.False(wire.TryTake(answer.AsSpan(0, split), out int dropped));
            Assert.True(wire.TryTake(answer.AsSpan(dropped), out int consumed));
            Assert.Equal(answer.Length, dropped + consumed);
        }
    }

    [Theory]
    [MemberData(nameof(GoodNames))]
    public void The_answer_behind_it_stays(string name)
    {
        (Func<IWire> newWire, string text) = Good[name];
        byte[] two = Encoding.Latin1.GetBytes(text + text);

        Assert.True(newWire().TryTake(two, out int consumed));
        Assert.Equal(two.Length / 2, consumed);
    }

    [Theory]
    [MemberData(nameof(BadNames))]
    public void A_refusal_ends_the_load(string name)
    {
        (Func<IWire> newWire, string text) = Bad[name];

        byte[] answer = Encoding.Latin1.GetBytes(text);
        Assert.Throws<WireException>(() => newWire().TryTake(answer, out _));
    }

    [Theory]
    [InlineData("redis://127.0.0.1:1", 64)]
    [InlineData("nats://127.0.0.1:1", 64)]
    [InlineData("postgresql://127.0.0.1:1", 1)]
    [InlineData("postgresql://127.0.0.1:1", 100)]
    [InlineData("http://127.0.0.1:1/v1/entries:batch", 100)]
    public void No_two_entries_of_a_load_are_the_same(string target, int entries)
    {
        var plan = new LoadPlan(
            new Uri(target), 1, entries, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        IWire wire = plan.NewWire();

        byte[] first = wire.NextCall().ToArray();
        byte[] second = wire.NextCall().ToArray();

        Assert.Equal(entries, wire.EntriesPerCall);
        Assert.Equal(first.Length, second.Length);
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, plan.NewWire().NextCall().ToArray());
    }

    [Fact]
    public void Reads_are_of_all_numbers_and_no_others()
    {
        var wire = new HttpReadWire(new Uri(Url, "/v1/entries/*"), 1, numbers: 3);

        var paths = new HashSet<string>();
        for (int i = 0; i < 1000; i++)
        {
            string call = Encoding.ASCII.GetString(wire.NextCall().Span);
            Assert.EndsWith("\r\n\r\n", call);
            paths.Add(call.Split(' ')[1]);
        }

        Assert.Equal(
            ["/v1/entries/1", "/v1/entries/2", "/v1/entries/3"],
            paths.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public void A_plan_is_the_same_after_it_was_written_as_arguments(int numbers)
    {
        var plan = new LoadPlan(
            new Uri("http://127.0.0.1:5000/v1/entries?receipt=none"), 64, 100,
            TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(3), numbers);

        Assert.Equal(plan, LoadPlan.TryParse([.. plan.ToArguments()]));
    }

    [Theory]
    [InlineData("redis://127.0.0.1:1", "--connections", "0")]
    [InlineData("redis://127.0.0.1:1", "--connections", "5000")]
    [InlineData("redis://127.0.0.1:1", "--seconds", "3600")]
    [InlineData("redis://127.0.0.1:1", "--forever", "1")]
    [InlineData("redis://127.0.0.1:1", "--seconds")]
    [InlineData("nowhere")]
    public void A_load_without_bounds_is_refused(params string[] arguments)
    {
        Assert.Null(LoadPlan.TryParse(arguments));
    }

    [Fact]
    public async Task Only_this_machine_is_put_under_load()
    {
        await Assert.ThrowsAsync<WireException>(
            () => Connection.OpenAsync(new Uri("redis://192.0.2.1:6379")));
    }
}
