using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <content>Erasing.</content>
public sealed partial class SequencerClient
{
    /// <summary>
    /// Has the gateway erase the payload and salt of an entry, and say so in the log. Again for one
    /// that is erased already gives the same tombstone. From a verifying client the receipt holds,
    /// and is of a tombstone that names this entry.
    /// </summary>
    /// <param name="number">The entry, which must be the caller's own tenant's.</param>
    /// <param name="reason">The tombstone's payload, at most 1,024 bytes; null for none. It stays
    /// until it is erased itself.</param>
    /// <param name="cancellationToken">Ends the wait, not the erasure.</param>
    /// <exception cref="ProblemException">The gateway refused it.</exception>
    /// <exception cref="GatewayUnreachableException">No answer came.</exception>
    /// <exception cref="UnverifiedReceiptException">The receipt does not prove it.</exception>
    /// <exception cref="UnexpectedAnswerException">The answer is malformed.</exception>
    public async Task<ErasedPayload> ErasePayloadAsync(
        ulong number, string? reason = null, CancellationToken cancellationToken = default)
    {
        // What the tombstone is compared with. First: whoever may not read it must not learn that
        // after the payload is gone.
        EntryView? entry = _verifier is null ? null : await GetEntryAsync(number, cancellationToken);
        GatewayAnswer answer = await _gateway.SendAsync(
            new GatewayRequest(
                HttpMethod.Delete, $"v1/entries/{number}/payload", AppendAnswerMaxBytes)
            {
                IsRepeatable = true,
                Body = reason is null ? default : ReasonBody(reason),
                ContentType = reason is null ? null : "application/json",
            },
            cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        byte[] receipt = ReceiptOf(json);
        var read = new AnswerObject(json.RootElement);
        if (read.UInt64("erased") != number) throw AnswerObject.Wrong("erased", $"{number}");
        if (_verifier is null || entry is null)
        {
            return new ErasedPayload(number, read.UInt64("number"), receipt, null);
        }
        VerificationReport<VerifiedEntry> report = _verifier.VerifyReceipt(receipt);
        if (!report.TryGet(out VerifiedEntry? verified)) throw NotVerified(report, receipt);
        return verified.Tombstone is { } tombstone
            && tombstone.Erases(entry.Record.Span, verified.Tenant ?? Digest.Zero)
                ? new ErasedPayload(number, verified.Number, receipt, verified)
                : throw new UnverifiedReceiptException(
                    $"The receipt is of no tombstone of {number}.", report, receipt);
    }

    private static byte[] ReasonBody(string reason)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }
        return body.ToArray();
    }
}
