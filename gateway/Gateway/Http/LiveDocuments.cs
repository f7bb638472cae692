using System.Threading.RateLimiting;
using Sequencer.Gateway.Link;

namespace Sequencer.Gateway.Http;

/// <summary>
/// Asks the enclave for documents for live callers, few at a time: the enclave answers in turn, so
/// that an append waits behind every document that was asked for before it.
/// </summary>
internal sealed class LiveDocuments : IDisposable
{
    /// <summary>Most requests that the enclave has not answered yet.</summary>
    public const int UnderWayMax = 2;

    /// <summary>Most callers that wait for one of these to be answered.</summary>
    public const int QueueMax = 16;

    private readonly ConcurrencyLimiter _places = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = UnderWayMax,
        QueueLimit = QueueMax,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>A document for a nonce; null when too many callers wait.</summary>
    /// <param name="enclave">Who is asked, in this caller's turn.</param>
    /// <param name="nonce">16 to 64 bytes.</param>
    /// <param name="cancellationToken">Ends the caller's wait, not what the enclave was asked.
    /// </param>
    /// <exception cref="EnclaveLostException">It went away before or while it was asked.
    /// </exception>
    /// <exception cref="EnclaveRefusedException">It gives no document.</exception>
    public async Task<ReadOnlyMemory<byte>?> AskAsync(
        EnclaveClient enclave, ReadOnlyMemory<byte> nonce, CancellationToken cancellationToken)
    {
        RateLimitLease place = await _places.AcquireAsync(1, cancellationToken);
        if (!place.IsAcquired)
        {
            place.Dispose();
            return null;
        }
        // A caller who goes away leaves what he asked for on the line, and so keeps his place there
        // until it is answered or the line ends, which one or the other always does.
        return await AskInPlaceAsync(enclave, nonce, place).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private static async Task<ReadOnlyMemory<byte>> AskInPlaceAsync(
        EnclaveClient enclave, ReadOnlyMemory<byte> nonce, RateLimitLease place)
    {
        using RateLimitLease held = place;
        return await enclave.AttestAsync(nonce, CancellationToken.None);
    }
}
