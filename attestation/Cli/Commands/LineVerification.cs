using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Commands;

/// <summary>
/// Verifies the receipts of a batch, which its answer does not bring: each is fetched, and has to
/// be of the line that was sent.
/// </summary>
internal sealed class LineVerification(HttpClient http, TrustPolicy policy)
{
    private readonly SequencerClient _client = SequencerClient.WithoutVerification(http);
    private readonly LogVerifier _verifier = new(policy);

    /// <exception cref="CommandFailure">The receipt does not hold, or is of something else.
    /// </exception>
    public async Task VerifyAsync(
        ulong number, NewEntry line, CancellationToken cancellationToken)
    {
        ReceivedReceipt received = await _client.GetReceiptAsync(
            number, cancellationToken: cancellationToken);
        var payload = PayloadClaim.Of(line.Payload.Span);
        var report = _verifier.VerifyReceipt(received.Bytes.Span, payload);
        if (!report.TryGet(out VerifiedEntry? entry))
        {
            string faults = string.Join(" ", report.Faults.Select(f => f.Sentence));
            throw Refused(number, $"does not hold. {faults}");
        }
        if (entry.Number != number) throw Refused(number, $"is of number {entry.Number}.");
    }

    private static CommandFailure Refused(ulong number, string reason) =>
        new($"The receipt of number {number} {reason}", ExitCodes.Refused);
}
