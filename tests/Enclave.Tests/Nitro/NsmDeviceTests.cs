using System.Net.Sockets;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Nitro.Boot;
using Sequencer.Enclave.Nitro.Nsm;
using Sequencer.Enclave.Tests.Host;

namespace Sequencer.Enclave.Tests.Nitro;

public sealed class NsmDeviceTests : IDisposable
{
    private readonly FakeNsm _fake = new();
    private readonly NsmDevice _nsm;

    public NsmDeviceTests() => _nsm = new NsmDevice(_fake);

    /// <summary>A transport that answers what it is told.</summary>
    private sealed class Scripted(params byte[][] answers) : INsmTransport
    {
        private int _next;

        public int Exchange(ReadOnlySpan<byte> request, Span<byte> response)
        {
            byte[] answer = answers[_next++];
            answer.CopyTo(response);
            return answer.Length;
        }
    }

    [Fact]
    public void A_PCR_is_extended_until_it_is_locked()
    {
        byte[] value = _nsm.ExtendPcr(16, [1, 2]);
        Assert.Equal(value, _nsm.DescribePcr(16).Value);
        Assert.False(_nsm.DescribePcr(16).IsLocked);
        _nsm.LockPcr(16);
        Assert.True(_nsm.DescribePcr(16).IsLocked);
        Assert.Equal(NsmError.ReadOnlyIndex, ErrorOf(() => _nsm.ExtendPcr(16, [3])));
        Assert.Equal(NsmError.ReadOnlyIndex, ErrorOf(() => { _nsm.LockPcr(16); return 0; }));
        Assert.Equal(value, _nsm.DescribePcr(16).Value);
    }

    [Fact]
    public void A_PCR_that_does_not_exist_is_refused_by_the_device() =>
        Assert.Equal(NsmError.InvalidIndex, ErrorOf(() => _nsm.DescribePcr(32)));

    [Fact]
    public void The_boot_locks_all_PCRs_whichever_are_locked_already()
    {
        NsmDescription device = PcrLock.LockAll(_nsm);
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (ushort)i), device.LockedPcrs);
        Assert.Equal(32, PcrLock.LockAll(_nsm).LockedPcrs.Count);
        Assert.Equal(NsmError.ReadOnlyIndex, ErrorOf(() => _nsm.ExtendPcr(31, [1])));
    }

    [Fact]
    public void A_lock_that_the_device_does_not_show_ends_the_boot()
    {
        using var stubborn = new FakeNsm { NeverLocks = 20 };
        var refused = Assert.Throws<NsmException>(() => PcrLock.LockAll(new NsmDevice(stubborn)));
        Assert.Contains("1 PCRs", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_the_driver_would_not_take_is_not_sent()
    {
        var options = new NsmOptions { UserData = new byte[NsmRequest.BytesMax] };
        Assert.Equal(NsmError.InputTooLarge, ErrorOf(() => _nsm.Attest(options)));
        Assert.Equal(0, _fake.Exchanges);
    }

    [Fact]
    public void Random_bytes_come_in_as_many_calls_as_they_need()
    {
        _nsm.GetRandom(new byte[2 * FakeNsm.RandomBytesMax + 1]);
        Assert.Equal(3, _fake.Exchanges);
    }

    [Fact]
    public void A_refusal_leaves_the_device_in_use()
    {
        Assert.NotNull(ErrorOf(() => _nsm.DescribePcr(99)));
        Assert.NotEmpty(_nsm.Attest(default));
    }

    [Fact]
    public async Task A_device_that_stops_answering_ends_the_enclave()
    {
        string folder = Directory.CreateTempSubdirectory("sequencer-").FullName;
        try
        {
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, 0);
            string path = Path.Combine(folder, "link");
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);
            using EnclaveProgram program =
                EnclaveProgram.Start(_nsm, new EnclaveOptions(), TimeProvider.System);
            Task running = program.RunAsync(listener, CancellationToken.None);
            using var client = new LinkClient(path);
            client.Genesis();

            _fake.IsSilent = true;
            client.Send(LinkClient.Frame(
                LinkMessageType.Attest, 9, [16, .. Enumerable.Repeat((byte)1, 16)]));
            Assert.Null(client.TryReceive());
            await Assert.ThrowsAsync<IOException>(() => running);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_device_that_gives_no_random_bytes_is_not_asked_for_ever()
    {
        byte[] none = new CborBytes().StartMap(1).Text("GetRandom").StartMap(1)
            .Text("random").Bytes([]).ToArray();
        var nsm = new NsmDevice(new Scripted(none));
        Assert.Throws<NsmException>(() => nsm.GetRandom(new byte[8]));
    }

    public void Dispose() => _fake.Dispose();

    private static NsmError? ErrorOf(Func<object> call) => Assert.Throws<NsmException>(call).Error;
}
