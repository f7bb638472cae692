using Sequencer.Enclave.Emulator;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>The emulator's NSM.</summary>
public sealed class SignedDriverTests(ITestOutputHelper output) : DriverConformance(output)
{
    private protected override AttestationRoute Route => AttestationRoute.Signed;
}
