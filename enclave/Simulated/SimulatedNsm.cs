using System.Security.Cryptography;
using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Simulated;

/// <summary>
/// A device that says whatever it is started with, under a root that is not AWS's: the same
/// documents in the same form as the real one's, worth nothing to a policy that does not name that
/// root.
/// </summary>
/// <remarks>Called by one thread at a time, as <see cref="INsm"/> says.</remarks>
internal sealed class SimulatedNsm : INsm, IDisposable
{
    private const int PcrCount = 16;

    private readonly DevelopmentModule _module;
    private readonly KeyValuePair<int, byte[]>[] _pcrs;

    /// <summary>A device under a root, which remains the caller's.</summary>
    public SimulatedNsm(DevelopmentCertificate root, Measurements measurements, TimeProvider time)
    {
        _module = new DevelopmentModule(root, time);
        _pcrs =
        [
            .. Enumerable.Range(0, PcrCount)
                .Select(index => KeyValuePair.Create(index, Pcr(measurements, index))),
        ];
    }

    /// <inheritdoc/>
    public byte[] Attest(NsmOptions options) => _module.Attest(_pcrs, options);

    /// <inheritdoc/>
    public void GetRandom(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    /// <inheritdoc/>
    public void Dispose() => _module.Dispose();

    private static byte[] Pcr(Measurements measurements, int index) => index switch
    {
        0 => measurements.Pcr0,
        1 => measurements.Pcr1,
        2 => measurements.Pcr2,
        _ => new byte[Measurements.PcrBytes],
    };
}
