using System.Security.Cryptography;
using System.Text;

namespace Sequencer.Enclave.Simulated;

/// <summary>
/// PCR0, PCR1 and PCR2 as the simulated device reports them, 48 bytes each. They measure nothing:
/// by default they are hashes of labels, the same wherever the simulation runs.
/// </summary>
internal sealed record Measurements(byte[] Pcr0, byte[] Pcr1, byte[] Pcr2)
{
    /// <summary>Length of a PCR, in bytes.</summary>
    public const int PcrBytes = 48;

    /// <summary>The name under which they are printed.</summary>
    public const string Name = "simulated";

    /// <summary>The hashes of the labels.</summary>
    public static Measurements Default { get; } = new(Label(0), Label(1), Label(2));

    /// <summary>A measurement of a trust policy, as JSON (docs/PROTOCOL.md section 10).</summary>
    public string ToJson() =>
        $$"""
        {
          "name": "{{Name}}",
          "pcr0": "{{Convert.ToHexStringLower(Pcr0)}}",
          "pcr1": "{{Convert.ToHexStringLower(Pcr1)}}",
          "pcr2": "{{Convert.ToHexStringLower(Pcr2)}}"
        }
        """;

    private static byte[] Label(int index) =>
        SHA384.HashData(Encoding.ASCII.GetBytes($"sequencer simulated enclave: PCR{index}"));
}
