namespace Sequencer.Enclave.Image.Eif;

/// <summary>What an image is written from.</summary>
public sealed record EifContent
{
    /// <summary>The processor that it is for.</summary>
    public required EifArchitecture Architecture { get; init; }

    /// <summary>Memory for those who name none, in bytes.</summary>
    public required ulong DefaultMemoryBytes { get; init; }

    /// <summary>Virtual processors for those who name none.</summary>
    public required ulong DefaultProcessors { get; init; }

    /// <summary>The kernel.</summary>
    public required ReadOnlyMemory<byte> Kernel { get; init; }

    /// <summary>The kernel's command line: text without control characters.</summary>
    public required string CommandLine { get; init; }

    /// <summary>JSON about the build.</summary>
    public required ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>The ramdisks in order, one at least.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Ramdisks { get; init; }

    /// <summary>The signature section, for a signed image.</summary>
    public ReadOnlyMemory<byte>? Signature { get; init; }
}
