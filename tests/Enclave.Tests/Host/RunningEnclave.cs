using System.Net.Sockets;
using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>
/// An enclave program with a simulated NSM, serving a socket in a folder of its own.
/// </summary>
internal sealed class RunningEnclave : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sequencer-").FullName;
    private readonly CancellationTokenSource _end = new();
    private readonly Socket _listener =
        new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private readonly EnclaveProgram _program;

    public RunningEnclave(
        INsm? nsm = null,
        Measurements? measurements = null,
        DevelopmentCertificate? root = null,
        EnclaveOptions? options = null,
        TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        Path = System.IO.Path.Combine(_folder, "link");
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen(8);
        nsm ??= new SimulatedNsm(root ?? Root, measurements ?? Measurements.Default, time);
        _program = EnclaveProgram.Start(nsm, options ?? new EnclaveOptions(), time);
        Completion = _program.RunAsync(_listener, _end.Token);
    }

    public static DevelopmentCertificate Root { get; } = NewRoot();

    public static MeasurementSet Measured { get; } = new(
        "simulated",
        Measurements.Default.Pcr0,
        Measurements.Default.Pcr1,
        Measurements.Default.Pcr2);

    public string Path { get; }

    public Task Completion { get; }

    public static DevelopmentCertificate NewRoot()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return DevelopmentCertificate.CreateRoot(
            ECDsa.Create(ECCurve.NamedCurves.nistP384),
            "test",
            now.AddYears(-10),
            now.AddYears(10));
    }

    /// <summary>Verifies a document as a client would that trusts the development root.</summary>
    public static VerifiedAttestation Verify(byte[] document, Freshness? freshness = null)
    {
        AttestationResult<VerifiedAttestation> result = NitroAttestationVerifier.Verify(
            document,
            new PcrPolicy(Measured),
            TrustedRoot.InsecureDevelopmentRoot(Root.Der),
            freshness ?? new Freshness.Archival());
        Assert.True(result.TryGet(out var verified, out var refusal), refusal?.Message);
        return verified;
    }

    public LinkClient Connect() => new(Path);

    public void Dispose()
    {
        _end.Cancel();
        Completion.Wait(TimeSpan.FromSeconds(20));
        _program.Dispose();
        _listener.Dispose();
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
