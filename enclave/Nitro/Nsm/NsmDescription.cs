namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>What an NSM says of itself.</summary>
/// <param name="Version">Of the device's interface.</param>
/// <param name="ModuleId">The module's name: the instance's and the enclave's.</param>
/// <param name="PcrCount">How many PCRs there are.</param>
/// <param name="LockedPcrs">Indices of those that are locked, ascending.</param>
/// <param name="Digest">The hash of its PCRs, SHA384.</param>
internal sealed record NsmDescription(
    Version Version,
    string ModuleId,
    ushort PcrCount,
    IReadOnlyList<ushort> LockedPcrs,
    string Digest);

/// <summary>One PCR.</summary>
/// <param name="Value">48 bytes.</param>
/// <param name="IsLocked">True if nothing can extend it any more.</param>
internal readonly record struct NsmPcr(byte[] Value, bool IsLocked);
