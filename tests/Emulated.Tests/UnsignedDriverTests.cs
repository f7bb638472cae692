using Sequencer.Enclave.Emulator;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>QEMU's NSM, which others wrote after the hardware's.</summary>
public sealed class UnsignedDriverTests(ITestOutputHelper output) : DriverConformance(output)
{
    private protected override AttestationRoute Route => AttestationRoute.Unsigned;
}
