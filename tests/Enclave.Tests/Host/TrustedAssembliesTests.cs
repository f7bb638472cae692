using System.Reflection;
using Sequencer.Enclave.Core;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Nsm;

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

    [Fact]
    public void The_program_of_the_image_refers_to_them_and_the_platform_alone() => AssertRefers(
        typeof(NsmDevice).Assembly,
        ["Sequencer.Attestation", "Sequencer.Enclave.Core", "Sequencer.Enclave.Host"]);

    private static void AssertRefers(Assembly assembly, string[] own)
    {
        string[] others =
        [
            .. assembly.GetReferencedAssemblies()
                .Select(name => name.Name!)
                .Where(name => !name.StartsWith("System.", StringComparison.Ordinal))
                .Where(name => name != "Microsoft.Win32.Primitives")
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(own, others);
    }
}
