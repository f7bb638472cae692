using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>
/// A simulated device that, when told to, refuses documents with a public key, signs none, or
/// answers every request for a document with the one before.
/// </summary>
internal sealed class FailingNsm(DevelopmentCertificate root) : INsm, IDisposable
{
    private readonly SimulatedNsm _device = new(root, Measurements.Default, TimeProvider.System);
    private byte[]? _before;

    public bool RefusesKeys { get; set; }

    public bool SignsNothing { get; init; }

    public bool IsOneBehind { get; set; }

    public byte[] Attest(NsmOptions options)
    {
        if (RefusesKeys && options.PublicKey is not null)
        {
            throw new NsmException("refused by the test");
        }
        byte[] document = _device.Attest(options);
        // The signature is the last item: 96 bytes behind their two bytes of CBOR header.
        if (SignsNothing) document = [.. document[..^98], 0x40];
        byte[] answer = IsOneBehind ? _before! : document;
        _before = document;
        return answer;
    }

    public void GetRandom(Span<byte> destination) => _device.GetRandom(destination);

    public void Dispose() => _device.Dispose();
}
