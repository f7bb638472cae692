using System.Globalization;
using System.Text;
using Sequencer.Attestation.Verification;
using Sequencer.Bench.Load;
using Sequencer.Client;

namespace Sequencer.Bench.Peers;

/// <summary>
/// Takes receipts from the gateway while it is under load, and verifies each down to the root of
/// its attestation: what was measured is what a client can check.
/// </summary>
/// <param name="client">A client that verifies.</param>
internal sealed class ReceiptSampler(SequencerClient client)
{
    /// <summary>Verifies the receipt and the payload of the newest entry.</summary>
    /// <exception cref="SequencerException">One of them does not hold.</exception>
    public async Task SampleAsync(CancellationToken cancellationToken)
    {
        for (ulong number = await SizeAsync(cancellationToken) - 1; ; number--)
        {
            ReceivedReceipt receipt = await client.GetReceiptAsync(
                number, cancellationToken: cancellationToken);
            VerifiedEntry entry = receipt.VerifiedEntry!;
            // A snapshot, which the enclave wrote between the load's entries.
            if (entry.PayloadLength is not { } length) continue;
            byte[] payload = await client.GetPayloadAsync(number, cancellationToken);
            if (length == CallBytes.EntryBytes && payload.Length == CallBytes.EntryBytes) return;
            throw new PeerException($"Number {number} is no entry of the load.");
        }
    }

    /// <summary>Records of the log, by its newest checkpoint.</summary>
    public async Task<long> CountAsync() => (long)await SizeAsync(CancellationToken.None);

    // The second line of a checkpoint is the size of its tree.
    private async Task<ulong> SizeAsync(CancellationToken cancellationToken)
    {
        byte[] checkpoint = await client.GetCheckpointAsync(cancellationToken);
        string size = Encoding.UTF8.GetString(checkpoint).Split('\n')[1];
        return ulong.Parse(size, CultureInfo.InvariantCulture);
    }
}
