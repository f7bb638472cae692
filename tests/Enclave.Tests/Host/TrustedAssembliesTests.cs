using System.Reflection;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Tests.Host;

public sealed class TrustedAssembliesTests
{
    [Fact]
    public void Core_and_host_refer_to_each_other_and_the_platform_alone()
    {
        AssertRefers(typeof(SequencerCore).Assembly, ["Sequencer.Attestation"]);
        AssertRefers(
            typeof(EnclaveProgram).Assembly, ["Sequencer.Attestation", "Sequencer.Enclave.Core"]);
    }

    private static void AssertRefers(Assembly assembly, string[] own)
    {
        string[] others =
        [
            .. assembly.GetReferencedAssemblies()
                .Select(name => name.Name!)
                .Where(name => !name.StartsWith("System.", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(own, others);
    }
}
