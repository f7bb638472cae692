using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Nsm;

namespace Sequencer.Enclave.Nitro.Boot;

/// <summary>
/// Locks every PCR before anything else runs: what documents say of this enclave is then settled,
/// and no fault of a later moment can put a value of its choosing beside the measurements.
/// </summary>
internal static class PcrLock
{
    /// <summary>Locks them all and returns what the device then says of itself.</summary>
    /// <exception cref="NsmException">The device refused, or shows one unlocked.</exception>
    public static NsmDescription LockAll(NsmDevice nsm)
    {
        nsm.LockPcrs(nsm.Describe().PcrCount);
        // Asked again: a lock is believed when the device shows it.
        NsmDescription locked = nsm.Describe();
        if (locked.LockedPcrs.Count != locked.PcrCount)
        {
            throw new NsmException(
                $"{locked.PcrCount - locked.LockedPcrs.Count} PCRs of the NSM are not locked");
        }
        return locked;
    }
}
