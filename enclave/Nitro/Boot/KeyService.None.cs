using Sequencer.Enclave.Host;
using Sequencer.Enclave.Host.Identity;

namespace Sequencer.Enclave.Nitro.Boot;

/// <summary>The key service of an image that seals nothing: there is none, and no log that asks for
/// a stable identity opens.</summary>
internal static class KeyService
{
    /// <summary>None.</summary>
    public static IDataKeys? Of(INsm nsm)
    {
        _ = nsm;
        return null;
    }
}
