using System.Net.Sockets;
using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Gateway.Tests;

/// <summary>The real enclave program over a simulated NSM, at a path that outlives it.</summary>
internal sealed class TestEnclave : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Socket _listener =
        new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private readonly string _path;
    private readonly SimulatedNsm _nsm;
    private readonly StallingNsm _stalling;
    private readonly EnclaveProgram _program;
    private readonly Task _running;

    /// <param name="path">Where it listens.</param>
    /// <param name="root">What its device's documents are signed under.</param>
    /// <param name="options">What the image decides, given the device.</param>
    /// <param name="measurements">What the device says of the image.</param>
    public TestEnclave(
        string path,
        DevelopmentCertificate? root = null,
        Func<INsm, EnclaveOptions>? options = null,
        Measurements? measurements = null)
    {
        _path = path;
        _nsm = new SimulatedNsm(
            root ?? Root, measurements ?? Measurements.Default, TimeProvider.System);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(8);
        _stalling = new StallingNsm(_nsm);
        _program = EnclaveProgram.Start(
            _stalling, options?.Invoke(_stalling) ?? new EnclaveOptions(), TimeProvider.System);
        _running = _program.RunAsync(_listener, _end.Token);
    }

    public static DevelopmentCertificate Root { get; } = NewRoot();

    public static MeasurementSet Measured { get; } = new(
        "simulated", Measurements.Default.Pcr0, Measurements.Default.Pcr1, Measurements.Default.Pcr2);

    /// <summary>From now on the security module answers no request for a document.</summary>
    public void StallDevice() => _stalling.Stall();

    /// <summary>It answers again, what it was asked meanwhile too.</summary>
    public void ReleaseDevice() => _stalling.Release();

    /// <summary>From now on what it answers are no documents.</summary>
    public void GarbleDevice() => _stalling.Garble();

    public async ValueTask DisposeAsync()
    {
        ReleaseDevice();
        await _end.CancelAsync();
        await _running;
        _program.Dispose();
        _listener.Dispose();
        _stalling.Dispose();
        _nsm.Dispose();
        _end.Dispose();
        if (File.Exists(_path)) File.Delete(_path);
    }

    public static DevelopmentCertificate NewRoot()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return DevelopmentCertificate.CreateRoot(
            ECDsa.Create(ECCurve.NamedCurves.nistP384), "test", now.AddYears(-10), now.AddYears(10));
    }

    private sealed class StallingNsm(INsm device) : INsm, IDisposable
    {
        private readonly ManualResetEventSlim _answers = new(initialState: true);
        private volatile bool _isGarbled;

        public void Stall() => _answers.Reset();

        public void Release() => _answers.Set();

        public void Garble() => _isGarbled = true;

        public byte[] Attest(NsmOptions options)
        {
            _answers.Wait();
            byte[] document = device.Attest(options);
            return _isGarbled ? document[1..] : document;
        }

        public void GetRandom(Span<byte> destination) => device.GetRandom(destination);

        public void Dispose() => _answers.Dispose();
    }
}
