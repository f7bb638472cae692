using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sequencer.Enclave.Host.Identity;
using Sequencer.Enclave.Sealing.Kms;
using Sequencer.Enclave.Simulated;
using Sequencer.Gateway.Tests;

namespace Sequencer.Sealing.Tests;

/// <summary>
/// Whatever the parent makes of the pipe, and whatever comes out of it, a request ends in time, and
/// with a data key of KMS or with none.
/// </summary>
public sealed class HostilePipeTests : IDisposable
{
    private const int Everything = int.MaxValue;

    private static readonly TimeSpan Impatience = TimeSpan.FromMilliseconds(500);

    // Far beyond what the enclave's patience allows: whoever waits for so long waits for ever.
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(1);

    private readonly SimulatedNsm _nsm =
        new(TestEnclave.Root, Measurements.Default, TimeProvider.System);

    public void Dispose() => _nsm.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pipe_that_ends_or_stalls_after_any_byte_gives_no_key(bool stalls)
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        HostilePipe whole = null!;
        await KeyAsync(kms, async token =>
            whole = new HostilePipe(await ToAsync(kms, token), Everything, stalls));
        // Handshakes differ by a few bytes, as their signatures do.
        long last = whole.Taken.Length - 50;
        List<HostilePipe> pipes = [whole];
        for (long carried = 0; carried < last; carried = carried + 1 + (last / 12))
        {
            Assert.StartsWith(
                "KMS was not reached: ",
                await RefusalAsync(kms, async token =>
                {
                    pipes.Add(new HostilePipe(await ToAsync(kms, token), carried, stalls));
                    return pipes[^1];
                }),
                StringComparison.Ordinal);
        }
        // None is left open, whatever became of it.
        foreach (HostilePipe pipe in pipes) await pipe.Closed.WaitAsync(Guard);
    }

    [Fact]
    public async Task A_pipe_that_never_opens_gives_no_key()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        Assert.StartsWith(
            "KMS was not reached: no answer within ",
            await RefusalAsync(kms, async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return Stream.Null;
            }),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_that_is_replayed_is_none()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        HostilePipe first = null!;
        await KeyAsync(kms, async token =>
            first = new HostilePipe(await ToAsync(kms, token), Everything, stalls: false));
        int asked = kms.Asked.Count;
        byte[] heard = first.Taken.ToArray();
        Assert.StartsWith(
            "KMS was not reached: ",
            await RefusalAsync(kms, _ => ValueTask.FromResult<Stream>(
                new HostilePipe(new Script(heard), Everything, stalls: false))),
            StringComparison.Ordinal);
        Assert.Equal(asked, kms.Asked.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x16)]
    [InlineData('H')]
    public async Task Four_mebibytes_that_are_no_TLS_are_no_answer(byte first)
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        byte[] junk = RandomNumberGenerator.GetBytes(4 * 1024 * 1024);
        junk[0] = first;
        var pipe = new HostilePipe(new Script(junk), Everything, stalls: true);
        Assert.StartsWith(
            "KMS was not reached: ",
            await RefusalAsync(kms, _ => ValueTask.FromResult<Stream>(pipe)),
            StringComparison.Ordinal);
        Assert.InRange(pipe.Taken.Length, 1, 1024 * 1024);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(500)]
    public async Task An_answer_that_stalls_behind_its_head_is_none(int status)
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        var never = new TaskCompletionSource();
        kms.Send = async (response, body) =>
        {
            response.StatusCode = status;
            await response.Body.WriteAsync(body.AsMemory(0, 10));
            await response.Body.FlushAsync();
            await never.Task;
        };
        Assert.StartsWith(
            "KMS was not reached: ",
            await RefusalAsync(kms, token => ToAsync(kms, token)), StringComparison.Ordinal);
        never.SetResult();
    }

    [Fact]
    public async Task An_answer_in_pieces_is_one()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Send = async (response, body) =>
        {
            // Head, first half, second half: each when the one before was sent.
            await response.StartAsync();
            await response.Body.FlushAsync();
            foreach (byte[] half in body.Chunk((body.Length / 2) + 1))
            {
                await Task.Delay(20);
                await response.Body.WriteAsync(half);
                await response.Body.FlushAsync();
            }
        };
        Assert.Equal(32, (await KeyAsync(kms, token => ToAsync(kms, token))).Plain.Length);
    }

    [Theory]
    [InlineData("CiphertextForRecipient")]
    [InlineData("CiphertextBlob")]
    [InlineData("KeyId")]
    [InlineData("Another")]
    public async Task An_answer_of_four_mebibytes_is_none(string member)
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Alter = answer => answer[member] = new string('A', 4 * 1024 * 1024);
        string refusal =
            await RefusalAsync(kms, token => ToAsync(kms, token), KmsDataKeysTests.Patience);
        Assert.Contains("65536", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "{")]
    [InlineData(200, "[]")]
    [InlineData(200, "null")]
    [InlineData(200, "{\"KeyId\":{}}")]
    [InlineData(200, "{\"CiphertextForRecipient\":\"%\"}")]
    [InlineData(200, "\0\u0001\u0002")]
    [InlineData(301, "")]
    [InlineData(400, "")]
    [InlineData(400, "{\"__type\":1}")]
    [InlineData(500, "<html>\r\n</html>")]
    public async Task What_is_no_answer_of_KMS_is_a_refusal_in_one_line(int status, string body)
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Send = async (response, _) =>
        {
            byte[] other = Encoding.UTF8.GetBytes(body);
            response.StatusCode = status;
            response.Headers.Location = "https://localhost/";
            response.ContentLength = other.Length;
            await response.Body.WriteAsync(other);
        };
        string refusal =
            await RefusalAsync(kms, token => ToAsync(kms, token), KmsDataKeysTests.Patience);
        Assert.StartsWith("KMS", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Fact]
    public async Task A_long_refusal_is_told_in_short()
    {
        await using StandInKms kms = await StandInKms.StartAsync();
        kms.Send = async (response, _) =>
        {
            (string x, string y) = (new string('x', 20_000), new string('y', 30_000));
            byte[] other = Encoding.UTF8.GetBytes($$"""{"__type":"{{x}}","message":"{{y}}"}""");
            response.StatusCode = StatusCodes.Status400BadRequest;
            response.ContentLength = other.Length;
            await response.Body.WriteAsync(other);
        };
        string refusal =
            await RefusalAsync(kms, token => ToAsync(kms, token), KmsDataKeysTests.Patience);
        Assert.StartsWith("KMS refused: ", refusal, StringComparison.Ordinal);
        Assert.InRange(refusal.Length, 1, 520);
    }

    private Task<DataKey> KeyAsync(
        StandInKms kms, Func<CancellationToken, ValueTask<Stream>> open) => Task.Run(
        () => new KmsDataKeys(_nsm, open, kms.Roots, KmsDataKeysTests.Patience)
            .Generate(KmsDataKeysTests.Request()));

    private async Task<string> RefusalAsync(
        StandInKms kms,
        Func<CancellationToken, ValueTask<Stream>> open,
        TimeSpan? patience = null)
    {
        var keys = new KmsDataKeys(_nsm, open, kms.Roots, patience ?? Impatience);
        Task<DataKey> asking = Task.Run(() => keys.Generate(KmsDataKeysTests.Request()));
        return (await Assert.ThrowsAsync<DataKeyException>(() => asking.WaitAsync(Guard))).Message;
    }

    private static async ValueTask<Stream> ToAsync(StandInKms kms, CancellationToken token) =>
        await KmsDataKeysTests.PipeTo(kms)(token);

    /// <summary>Says what it has to, whatever it is told.</summary>
    private sealed class Script(byte[] text) : MemoryStream(text, writable: false)
    {
        public override bool CanWrite => true;

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.CompletedTask;
    }
}
