using System.Security.Cryptography;
using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Simulated;

/// <summary>
/// One module under the development root: it signs documents of the form and with the five
/// certificates of AWS's devices, over whatever PCRs it is told.
/// </summary>
/// <remarks>Called by one thread at a time.</remarks>
internal sealed class DevelopmentModule : IDisposable
{
    private const string Region = "simulated-1";

    /// <summary>A leaf that ends so soon is replaced, with the issuers above it.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(10);

    private readonly DevelopmentCertificate _root;
    private readonly TimeProvider _time;
    private readonly string _instanceId;
    private DevelopmentCertificate? _leaf;
    private byte[][] _bundle = [];
    private DateTimeOffset _leafNotAfter;

    /// <summary>
    /// A new module under a root, which remains the caller's, on an instance that is made up unless
    /// it is given.
    /// </summary>
    public DevelopmentModule(
        DevelopmentCertificate root, TimeProvider time, string? instanceId = null)
    {
        _root = root;
        _time = time;
        _instanceId =
            instanceId ?? "i-0" + RandomNumberGenerator.GetHexString(16, lowercase: true);
        Id = $"{_instanceId}-enc{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
    }

    /// <summary><c>module_id</c>: <c>i-…-enc…</c>.</summary>
    public string Id { get; }

    /// <summary>A document over PCRs, given by index in ascending order.</summary>
    public byte[] Attest(IReadOnlyList<KeyValuePair<int, byte[]>> pcrs, NsmOptions options)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (_leaf is null || now > _leafNotAfter - RenewBefore) IssueChain(now);
        return SignedDocument.Seal(Payload(now, pcrs, options), _leaf!);
    }

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
        _leaf = instance.IssueLeaf($"{Id}.{Region}.aws", from, _leafNotAfter);
        _bundle = [_root.Der, regional.Der, zonal.Der, instance.Der];
    }

    /// <summary>The map in the device's order, indefinite, with explicit nulls.</summary>
    private byte[] Payload(
        DateTimeOffset now, IReadOnlyList<KeyValuePair<int, byte[]>> pcrs, NsmOptions options)
    {
        CborBytes cbor = new CborBytes().StartIndefiniteMap()
            .Text("module_id").Text(Id)
            .Text("digest").Text("SHA384")
            .Text("timestamp").Number((ulong)now.ToUnixTimeMilliseconds())
            .Text("pcrs").StartMap(pcrs.Count);
        foreach ((int index, byte[] value) in pcrs) cbor.Number((ulong)index).Bytes(value);
        cbor.Text("certificate").Bytes(_leaf!.Der)
            .Text("cabundle").StartArray(_bundle.Length);
        foreach (byte[] certificate in _bundle) cbor.Bytes(certificate);
        return cbor.Text("public_key").Option(options.PublicKey)
            .Text("user_data").Option(options.UserData)
            .Text("nonce").Option(options.Nonce)
            .Break()
            .ToArray();
    }
}
