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
    private const string Region = "simulated-1";
    private const int PcrCount = 16;

    /// <summary>A leaf that ends so soon is replaced, with the issuers above it.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(10);

    private readonly DevelopmentCertificate _root;
    private readonly Measurements _measurements;
    private readonly TimeProvider _time;
    private readonly string _instanceId;
    private readonly string _moduleId;
    private DevelopmentCertificate? _leaf;
    private byte[][] _bundle = [];
    private DateTimeOffset _leafNotAfter;

    /// <summary>A device under a root, which remains the caller's.</summary>
    public SimulatedNsm(DevelopmentCertificate root, Measurements measurements, TimeProvider time)
    {
        _root = root;
        _measurements = measurements;
        _time = time;
        _instanceId = "i-0" + RandomNumberGenerator.GetHexString(16, lowercase: true);
        _moduleId = $"{_instanceId}-enc{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
    }

    /// <inheritdoc/>
    public byte[] Attest(NsmOptions options)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (_leaf is null || now > _leafNotAfter - RenewBefore) IssueChain(now);
        byte[] payload = Payload(now, options);
        return SignedDocument.Seal(payload, _leaf!);
    }

    /// <inheritdoc/>
    public void GetRandom(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    /// <inheritdoc/>
    public void Dispose() => _leaf?.Dispose();

    // Names, lifetimes and path lengths are those of AWS's five certificates.
    private void IssueChain(DateTimeOffset now)
    {
        DateTimeOffset from = now.AddMinutes(-1);
        using DevelopmentCertificate regional = _root.IssueIssuer(
            $"regional.{Region}.aws.nitro-enclaves", 2, from, now.AddDays(20));
        using DevelopmentCertificate zonal = regional.IssueIssuer(
            $"zonal.{Region}.aws.nitro-enclaves", 1, from, now.AddDays(6));
        using DevelopmentCertificate instance = zonal.IssueIssuer(
            $"{_instanceId}.{Region}.aws.nitro-enclaves", 0, from, now.AddDays(1));
        _leaf?.Dispose();
        _leafNotAfter = now.AddHours(3);
        _leaf = instance.IssueLeaf($"{_moduleId}.{Region}.aws", from, _leafNotAfter);
        _bundle = [_root.Der, regional.Der, zonal.Der, instance.Der];
    }

    /// <summary>The map in the device's order, indefinite, with explicit nulls.</summary>
    private byte[] Payload(DateTimeOffset now, NsmOptions options)
    {
        CborBytes cbor = new CborBytes().StartIndefiniteMap()
            .Text("module_id").Text(_moduleId)
            .Text("digest").Text("SHA384")
            .Text("timestamp").Number((ulong)now.ToUnixTimeMilliseconds())
            .Text("pcrs").StartMap(PcrCount);
        for (int index = 0; index < PcrCount; index++)
        {
            cbor.Number((ulong)index).Bytes(Pcr(index));
        }
        cbor.Text("certificate").Bytes(_leaf!.Der)
            .Text("cabundle").StartArray(_bundle.Length);
        foreach (byte[] certificate in _bundle) cbor.Bytes(certificate);
        return cbor.Text("public_key").Option(options.PublicKey)
            .Text("user_data").Option(options.UserData)
            .Text("nonce").Option(options.Nonce)
            .Break()
            .ToArray();
    }

    private byte[] Pcr(int index) => index switch
    {
        0 => _measurements.Pcr0,
        1 => _measurements.Pcr1,
        2 => _measurements.Pcr2,
        _ => new byte[Measurements.PcrBytes],
    };
}
