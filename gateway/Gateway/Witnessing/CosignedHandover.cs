using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Witnessing;

/// <summary>What becomes of a head that a quorum cosigned.</summary>
/// <param name="enclave">The enclave that signed it.</param>
/// <param name="store">The log.</param>
/// <param name="cosigned">Shown the log up to the head, with the head as its checkpoint.</param>
internal sealed class CosignedHandover(
    EnclaveClient enclave, LogStore store, Action<LogView> cosigned)
{
    /// <summary>The rule that a head breaks if the enclave has a newer one.</summary>
    public const string Order = "order";

    /// <summary>
    /// Hands it over; null if it counts, otherwise the rule (docs/PROTOCOL.md section 14) by which
    /// the enclave says that it does not.
    /// </summary>
    public async Task<string?> OfferAsync(
        LogView view, byte[] note, CancellationToken cancellationToken)
    {
        try
        {
            // The enclave judges it, by its own clock. A crash after this loses the lines here, and
            // the witnesses give them again.
            await enclave.CosignedAsync(note, cancellationToken);
        }
        catch (EnclaveRefusedException e) when (e.Code == EnclaveErrorCode.CosignedRefused)
        {
            return e.Text;
        }
        // Durable before it is served, so that what was witnessed once is so after any restart.
        store.PutCosigned(note);
        cosigned(view.Under(view.Size, note));
        return null;
    }
}
