using Sequencer.Gateway.Link;
using Sequencer.Tests;

namespace Sequencer.Gateway.Tests.Link;

public sealed class EnclaveClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("link-");

    [Fact]
    public async Task A_cosigned_head_is_sent_as_the_golden_frame()
    {
        await using ScriptedPeer peer = Peer(
            (type, id) => ScriptedPeer.Frame((byte)(type | 0x80), id));
        await using var client = new EnclaveClient(await ConnectAsync());
        byte[] golden = GoldenBytes.Read("link-cosigned.hex");
        await client.CosignedAsync(golden.AsMemory(LinkLimits.HeaderBytes), CancellationToken.None);
        GoldenBytes.AssertEqual("link-cosigned.hex", peer.Last);
    }

    [Fact]
    public async Task Answers_come_back_in_order_with_several_under_way()
    {
        await using ScriptedPeer peer = Peer(
            (type, id) => ScriptedPeer.Frame((byte)(type | 0x80), id, (byte)id));
        await using EnclaveConnection connection = await ConnectAsync();
        ReadOnlyMemory<byte>[] answers = await Task.WhenAll(Enumerable.Range(0, 100)
            .Select(_ => connection.CallAsync(LinkMessage.Attest, default, CancellationToken.None)));
        Assert.Equal(
            Enumerable.Range(1, 100), answers.Select(a => (int)a.Span[0]).Order());
    }

    [Fact]
    public async Task An_error_is_a_refusal_and_the_connection_goes_on()
    {
        await using ScriptedPeer peer = Peer((_, id) =>
            ScriptedPeer.Frame(0xFF, id, 0, 3, (byte)'f', (byte)'u', (byte)'l', (byte)'l'));
        await using var client = new EnclaveClient(await ConnectAsync());
        for (int i = 0; i < 2; i++)
        {
            var refusal = await Assert.ThrowsAsync<EnclaveRefusedException>(
                () => client.HelloAsync(CancellationToken.None));
            Assert.Equal(EnclaveErrorCode.RetentionFull, refusal.Code);
        }
    }

    public static TheoryData<byte[]> Malformed => new()
    {
        ScriptedPeer.Frame(0x82, 1),
        ScriptedPeer.Frame(0x81, 2),
        ScriptedPeer.Frame(0x81, 1),
        ScriptedPeer.Frame(0x81, 1, new byte[54]),
        ScriptedPeer.Frame(0x81, 1, [5, .. new byte[52]]),
        ScriptedPeer.Frame(0xFF, 1, 0, 99),
        ScriptedPeer.Frame(0xFF, 1, 0),
        ScriptedPeer.Frame(0xFF, 1, 0, 1, 0xC0),
        new byte[] { 0, 0, 0, 7, 1, 0x81, 0, 0, 0, 0, 0, 1 },
        new byte[] { 1, 0, 0, 1, 1, 0x81, 0, 0, 0, 0, 0, 1 },
        new byte[] { 0, 0, 0, 8, 2, 0x81, 0, 0, 0, 0, 0, 1 },
        new byte[] { 0, 0, 0, 8, 1, 0x81, 0, 1, 0, 0, 0, 1 },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_answer_ends_the_connection(byte[] answer)
    {
        await using ScriptedPeer peer = Peer((_, _) => answer);
        await using var client = new EnclaveClient(await ConnectAsync());
        await Assert.ThrowsAsync<EnclaveLostException>(
            () => client.HelloAsync(CancellationToken.None));
        await client.Lost.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_peer_that_closes_or_stalls_is_lost_to_everybody_who_waits()
    {
        await using ScriptedPeer peer = Peer(
            (type, _) => type == (byte)LinkMessage.Hello ? null : []);
        await using (var client = new EnclaveClient(await ConnectAsync()))
        {
            await Assert.ThrowsAsync<EnclaveLostException>(
                () => client.HelloAsync(CancellationToken.None));
        }
        await using var stalled = new EnclaveClient(
            await ConnectAsync(Short));
        Task first = stalled.AcknowledgeAsync(1, CancellationToken.None);
        Task second = stalled.AcknowledgeAsync(2, CancellationToken.None);
        await Assert.ThrowsAsync<EnclaveLostException>(() => first);
        await Assert.ThrowsAsync<EnclaveLostException>(() => second);
    }

    [Fact]
    public async Task A_silent_enclave_is_asked_for_a_sign_of_life_and_its_answer_will_do()
    {
        int asked = 0;
        var twice = new TaskCompletionSource();
        await using ScriptedPeer peer = Peer((type, id) =>
        {
            Assert.Equal((byte)LinkMessage.Hello, type);
            if (++asked == 2) twice.TrySetResult();
            return ScriptedPeer.Frame(0x81, id, [2, .. new byte[52]]);
        });
        await using var client = new EnclaveClient(await ConnectAsync());
        client.KeepAlive(TimeSpan.FromMilliseconds(1));
        await twice.Task.WaitAsync(Patience);
        Assert.False(client.Lost.IsCompleted);
    }

    [Fact]
    public async Task An_enclave_that_gives_no_sign_of_life_is_lost()
    {
        await using ScriptedPeer peer = Peer((_, _) => []);
        await using var client = new EnclaveClient(await ConnectAsync(Short));
        client.KeepAlive(Short);
        Assert.Contains(
            "did not answer Hello",
            await client.Lost.WaitAsync(Patience),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_enclave_that_is_slow_but_answers_in_turn_is_waited_for()
    {
        // The last is answered after more than the time in which one answer must come.
        TimeSpan each = TimeSpan.FromMilliseconds(700);
        await using ScriptedPeer peer = Peer((type, id) =>
        {
            Thread.Sleep(each);
            return ScriptedPeer.Frame((byte)(type | 0x80), id);
        });
        await using var client = new EnclaveClient(await ConnectAsync(4 * each));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(
            _ => client.ReplayRecordsAsync(default, CancellationToken.None)));
        Assert.False(client.Lost.IsCompleted);
    }

    [Fact]
    public void Batch_answers_are_read_whole_or_not_at_all()
    {
        byte[] good =
        [
            0, 0, 0, 0, 0, 0, 0, 9,
            0, 0, 0, 2,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0,
            2, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 255, 255, 255, 255, 255, 255, 255, 255,
            0, 0, 0, 1, 0, 2, 7, 8,
            0, 0, 0, 1, 65,
        ];
        Assert.True(BatchAnswer.TryParse(good, out BatchAnswer? answer));
        Assert.Equal(10UL, answer.EndSize);
        Assert.Equal(
            new Outcome(OutcomeStatus.Refused, RefusalReason.Guard, 3, 4, -1), answer.Outcomes[1]);
        Assert.Equal(new byte[] { 0, 2, 7, 8 }, answer.Records.ToArray());
        for (int length = 0; length < good.Length; length++)
        {
            Assert.False(BatchAnswer.TryParse(good.AsMemory(0, length), out _));
        }
        Assert.False(BatchAnswer.TryParse(new byte[] { 0 }.Concat(good).ToArray(), out _));
        Assert.False(BatchAnswer.TryParse(good.Append((byte)0).ToArray(), out _));
        foreach ((int at, byte value) in ((int, byte)[])
            [(12, 3), (13, 1), (15, 1), (31, 1), (33, 0), (33, 7), (8, 255), (52, 255), (60, 255), (0, 255)])
        {
            byte[] bad = [.. good];
            bad[at] = value;
            Assert.False(BatchAnswer.TryParse(bad, out _), $"byte {at} = {value}");
        }
    }

    [Fact]
    public void No_bytes_make_a_decoder_throw()
    {
        Random random = Seeded.Random(out _);
        for (int i = 0; i < 50_000; i++)
        {
            var body = new byte[random.Next(80)];
            random.NextBytes(body);
            // Small counts reach deeper than random ones.
            for (int at = 0; at < body.Length; at++) if (random.Next(3) > 0) body[at] = (byte)random.Next(3);
            _ = BatchAnswer.TryParse(body, out _);
            _ = LinkAnswers.TryReadHello(body, out _);
            _ = LinkAnswers.TryReadBundle(body, out _);
            _ = LinkAnswers.TryReadPending(body, out _);
            _ = LinkAnswers.TryReadError(body, out _, out _);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string SocketPath => Path.Combine(_folder.FullName, "link");

    private ScriptedPeer Peer(Func<byte, uint, byte[]?> script) => new(SocketPath, script);

    private Task<EnclaveConnection> ConnectAsync(TimeSpan? stall = null)
    {
        Assert.True(
            EnclaveEndpoint.TryParse("unix:" + SocketPath, out EnclaveEndpoint? endpoint, out _));
        return EnclaveConnection.ConnectAsync(
            endpoint, new LinkTimes(Patience, stall ?? Patience, Patience), CancellationToken.None);
    }
}
