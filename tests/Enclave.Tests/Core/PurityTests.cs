using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>
/// The core computes: what its assembly refers to shows that it can do nothing else.
/// </summary>
public sealed class PurityTests
{
    private static readonly string[] ForbiddenNamespaces =
    [
        "System.IO", "System.Net", "System.Threading", "System.Timers",
        "System.Security.Cryptography", "System.Linq", "Microsoft",
    ];

    private static readonly string[] ForbiddenTypes =
    [
        "System.Random", "System.Environment", "System.Console", "System.TimeProvider",
        "System.DateTime", "System.Guid", "System.AppContext", "System.Diagnostics.Stopwatch",
        "System.Diagnostics.Process",
    ];

    private static readonly string[] ForbiddenMembers = ["get_Now", "get_UtcNow"];

    [Fact]
    public void The_core_refers_to_no_clock_randomness_thread_or_device()
    {
        using var file = new PEReader(File.OpenRead(typeof(SequencerCore).Assembly.Location));
        MetadataReader reader = file.GetMetadataReader();
        var types = reader.TypeReferences
            .Select(reader.GetTypeReference)
            .Select(t => (Namespace: reader.GetString(t.Namespace), Name: reader.GetString(t.Name)))
            .ToList();
        Assert.Contains(("System", "Object"), types);
        Assert.DoesNotContain(types, t => ForbiddenNamespaces.Any(f =>
            t.Namespace == f || t.Namespace.StartsWith(f + ".", StringComparison.Ordinal)));
        Assert.DoesNotContain(types, t => ForbiddenTypes.Contains($"{t.Namespace}.{t.Name}"));

        var members = reader.MemberReferences
            .Select(m => reader.GetString(reader.GetMemberReference(m).Name)).ToList();
        Assert.NotEmpty(members);
        Assert.DoesNotContain(members, ForbiddenMembers.Contains);
    }

    [Fact]
    public void The_core_refers_to_the_platform_and_to_attestation_alone()
    {
        Assert.All(
            typeof(SequencerCore).Assembly.GetReferencedAssemblies(),
            a => Assert.True(
                a.Name == "Sequencer.Attestation"
                || a.Name!.StartsWith("System.", StringComparison.Ordinal),
                a.Name));
    }
}
