namespace Sequencer.Enclave.Emulator;

/// <summary>Which device the enclave gets.</summary>
internal enum AttestationRoute
{
    /// <summary>
    /// QEMU's plain machine with this program's NSM: documents are signed by a development root.
    /// </summary>
    Signed,

    /// <summary>
    /// QEMU's nitro-enclave machine with its own NSM, which measures by itself and does not sign.
    /// </summary>
    Unsigned,
}

/// <summary>What to run, and how.</summary>
internal sealed record EmulatorOptions
{
    /// <summary>The enclave image file.</summary>
    public required string ImageFile { get; init; }

    /// <summary>Where sockets and the console's log are; made if it is missing.</summary>
    public required string SocketDirectory { get; init; }

    /// <summary>What <c>make enclave-tools</c> made.</summary>
    public string ToolsDirectory { get; init; } = EnclaveTools.DefaultDirectory;

    /// <summary>Where the documents come from.</summary>
    public AttestationRoute Route { get; init; } = AttestationRoute.Signed;

    /// <summary>Where the development root is, or is made; for signed documents.</summary>
    public string RootDirectory { get; init; } = "";

    /// <summary>PCR0, PCR1 and PCR2 are zero, as in nitro-cli's debug mode.</summary>
    public bool IsDebugMode { get; init; }

    /// <summary>The guest's memory, in MiB.</summary>
    public int MemoryMiB { get; init; } = 512;

    /// <summary>The guest's virtual processors. More than one is slower under emulation.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>The IAM role that PCR3 measures; null: PCR3 is zero.</summary>
    public string? RoleArn { get; init; }

    /// <summary>The instance that PCR4 measures; null: PCR4 is zero.</summary>
    public string? InstanceId { get; init; }

    /// <summary>The vsock port at which the enclave is to answer.</summary>
    public int Port { get; init; } = 5005;
}
