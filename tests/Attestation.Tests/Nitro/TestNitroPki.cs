using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>
/// Five certificates in the shape of AWS's: root, regional, zonal, instance, leaf. A test changes
/// any of them before <see cref="Build"/> signs all anew, so that one rule alone is broken.
/// </summary>
internal sealed class TestNitroPki
{
    public static readonly DateTimeOffset Now = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    private static readonly ECDsa[] Keys =
        [.. Enumerable.Range(0, 5).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP384))];

    public TestNitroPki(string moduleId)
    {
        Root = Issuer("test.nitro-enclaves", 0, null, 3650);
        Regional = Issuer("regional.test.nitro-enclaves", 1, 2, 20);
        Zonal = Issuer("zonal.test.nitro-enclaves", 2, 1, 5);
        Instance = Issuer("i-0123456789abcdef0.test-1.aws.nitro-enclaves", 3, 0, 1);
        Leaf = new TestCertificate($"{moduleId}.test-1.aws", Keys[4])
        {
            NotBefore = Now.AddMinutes(-2),
            NotAfter = Now.AddHours(3),
            KeyUsage = [TestCertificate.DigitalSignature],
        };
        Chain = [Root, Regional, Zonal, Instance, Leaf];
    }

    public TestCertificate Root { get; }
    public TestCertificate Regional { get; }
    public TestCertificate Zonal { get; }
    public TestCertificate Instance { get; }
    public TestCertificate Leaf { get; }

    /// <summary>From root to leaf; a test may take some out for a shorter chain.</summary>
    public List<TestCertificate> Chain { get; }

    /// <summary>The root to trust, unless a test breaks the root's own form.</summary>
    public TrustedRoot Trusted => TrustedRoot.InsecureDevelopmentRoot(Root.Build(Root));

    /// <summary>The certificates, signed, from root to leaf.</summary>
    public List<byte[]> Build() =>
        [.. Chain.Select((c, i) => c.Build(Chain[Math.Max(0, i - 1)]))];

    private static TestCertificate Issuer(string name, int key, int? pathLength, int days) =>
        new(name, Keys[key])
        {
            NotBefore = Now.AddDays(-days),
            NotAfter = Now.AddDays(days),
            IsCa = true,
            PathLength = pathLength,
            KeyUsage = [TestCertificate.KeyCertSign],
        };
}
