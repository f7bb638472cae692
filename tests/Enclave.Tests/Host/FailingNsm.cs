using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>A simulated device that refuses documents with a public key when told to.</summary>
internal sealed class FailingNsm(DevelopmentCertificate root) : INsm, IDisposable
{
    private readonly SimulatedNsm _device = new(root, Measurements.Default, TimeProvider.System);

    public bool RefusesKeys { get; set; }

    public byte[] Attest(NsmOptions options) => RefusesKeys && options.PublicKey is not null
        ? throw new NsmException("refused by the test")
        : _device.Attest(options);

    public void GetRandom(Span<byte> destination) => _device.GetRandom(destination);

    public void Dispose() => _device.Dispose();
}
