using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <content>Reading.</content>
public sealed partial class SequencerClient
{
    private const int EntryMaxBytes = 256 * 1024;
    private const int PageMaxBytes = 64 * 1024 * 1024;
    private const int AttestationMaxBytes = 256 * 1024;
    private const int LogMaxBytes = 16 * 1024;

    /// <summary>
    /// The log, and the numbers that callers are held to, the idempotency window among them. To a
    /// verifying client a gateway cannot name other ones than the log that its policy pins has.
    /// </summary>
    /// <exception cref="SequencerException">No gateway, a malformed answer, or one that contradicts
    /// the policy.</exception>
    public async Task<LogDescription> GetLogAsync(CancellationToken cancellationToken = default)
    {
        GatewayAnswer answer = await GetAsync("v1/log", LogMaxBytes, cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        var read = new AnswerObject(json.RootElement);
        var log = new LogDescription
        {
            Origin = read.Text("origin"),
            LogId = read.DigestHex("log_id"),
            Epoch = read.UInt32("epoch"),
            Size = read.UInt64("size"),
            CellsMax = read.UInt32("cells_max"),
            IdempotencyWindow = read.UInt32("idempotency_window"),
            WitnessNumbersMax = read.OptionalUInt32("witness_numbers_max"),
            WitnessSecondsMax = read.OptionalUInt32("witness_seconds_max"),
            EntryMaxBytes = read.UInt64("entry_max_bytes"),
            BatchMaxBytes = read.UInt64("batch_max_bytes"),
        };
        return _verifier?.Policy is { IsLogPinned: true } policy
            && log.Contradicts(policy.LogId, policy.Configuration) is { } member
                ? throw AnswerObject.Wrong(member, "that of the trust policy")
                : log;
    }

    /// <summary>A record, taken apart. Where it came from is not proven.</summary>
    /// <exception cref="SequencerException">No such record, no gateway, or no answer.</exception>
    public async Task<EntryView> GetEntryAsync(
        ulong number, CancellationToken cancellationToken = default)
    {
        GatewayAnswer answer = await GetAsync(
            $"v1/entries/{number}", EntryMaxBytes, cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        EntryView entry = EntryViewJson.Read(json.RootElement);
        return entry.Number == number
            ? entry
            : throw AnswerObject.Wrong("record", $"that of number {number}");
    }

    /// <summary>
    /// A payload: the one that the record which the gateway shows is committed to. Give it to
    /// <see cref="LogVerifier"/> with a receipt to know that the record is in the log.
    /// </summary>
    /// <exception cref="SequencerException">No such payload, no gateway, or other bytes than the
    /// record's.</exception>
    public async Task<byte[]> GetPayloadAsync(
        ulong number, CancellationToken cancellationToken = default)
    {
        EntryView entry = await GetEntryAsync(number, cancellationToken);
        // A statement's answer is the gateway's problem, whatever bound it is read under.
        int length = (int)Math.Min(entry.PayloadLength ?? 0, (uint)Array.MaxLength);
        GatewayAnswer answer = await GetAsync(
            $"v1/entries/{number}/payload", length, cancellationToken);
        return Derivation.Payload(answer.Body) == entry.PayloadDigest
            ? answer.Body
            : throw new UnexpectedAnswerException(
                $"The payload of {number} is not the one that its record is committed to.");
    }

    /// <summary>
    /// The receipt of a record under the newest head; from a verifying client it holds and is of
    /// this number.
    /// </summary>
    /// <exception cref="SequencerException">No such record, no gateway, or a receipt that does not
    /// prove it.</exception>
    public async Task<ReceivedReceipt> GetReceiptAsync(
        ulong number,
        ReceiptFormat format = ReceiptFormat.Json,
        CancellationToken cancellationToken = default)
    {
        string form = format == ReceiptFormat.TlogProof ? "tlog-proof" : "json";
        GatewayAnswer answer = await GetAsync(
            $"v1/entries/{number}/receipt?format={form}", Receipt.MaxBytes, cancellationToken);
        if (_verifier is null) return new ReceivedReceipt(answer.Body, null);
        VerificationReport<VerifiedEntry> report = _verifier.VerifyReceipt(answer.Body);
        if (!report.TryGet(out VerifiedEntry? verified)) throw NotVerified(report, answer.Body);
        return verified.Number == number
            ? new ReceivedReceipt(answer.Body, verified)
            : throw new UnverifiedReceiptException(
                $"The receipt is of number {verified.Number}, not {number}.", report, answer.Body);
    }

    /// <summary>The newest signed checkpoint, as it came.</summary>
    /// <exception cref="SequencerException">There is none, or no gateway.</exception>
    public async Task<byte[]> GetCheckpointAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("v1/checkpoint", SignedNote.MaxBytes, cancellationToken)).Body;

    /// <summary>The epochs by the gateway's word, oldest first.</summary>
    /// <exception cref="SequencerException">No gateway, or a malformed answer.</exception>
    public async Task<IReadOnlyList<AuditEpoch>> GetEpochsAsync(
        CancellationToken cancellationToken = default)
    {
        GatewayAnswer answer = await GetAsync(
            "v1/epochs", EpochsJson.MaxBytes, cancellationToken);
        return EpochsJson.Read(answer.Body);
    }

    /// <summary>
    /// A document for a nonce. A verifying client chooses the nonce itself where none is given, and
    /// hands out only what verifies now; another one, given none, gets the newest epoch's document.
    /// </summary>
    /// <param name="nonce">16 to 64 bytes, never used before; or empty for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The nonce has another length.</exception>
    /// <exception cref="UnverifiedAttestationException">The document does not verify.</exception>
    /// <exception cref="SequencerException">No enclave, no gateway, or a malformed answer.
    /// </exception>
    public async Task<LiveAttestation> GetAttestationAsync(
        ReadOnlyMemory<byte> nonce = default, CancellationToken cancellationToken = default)
    {
        if (nonce.Length is not 0 and not (>= 16 and <= 64))
        {
            throw new ArgumentException("A nonce has 16 to 64 bytes.", nameof(nonce));
        }
        if (_verifier is null) return await AskAttestationAsync(nonce, cancellationToken);
        byte[] sent = nonce.IsEmpty ? RandomNumberGenerator.GetBytes(32) : nonce.ToArray();
        LiveAttestation answer = await AskAttestationAsync(sent, cancellationToken);
        return answer with { Verified = VerifyLive(_verifier, answer, sent) };
    }

    /// <summary>The records of a range, in order, a page at a time.</summary>
    /// <param name="from">The first.</param>
    /// <param name="to">The one after the last; null for the end of the log.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SequencerException">No gateway, or a malformed answer.</exception>
    public async IAsyncEnumerable<EntryView> ReadEntriesAsync(
        ulong from,
        ulong? to = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        const ulong PageLength = 100;
        ulong end = to ?? ulong.MaxValue;
        ulong? next = from;
        while (next < end)
        {
            ulong start = next.Value;
            ulong limit = Math.Min(PageLength, end - start);
            GatewayAnswer answer = await GetAsync(
                $"v1/entries?from={start}&limit={limit}", PageMaxBytes, cancellationToken);
            (List<EntryView> page, next) = EntryViewJson.ReadPage(answer.Body);
            for (int i = 0; i < page.Count; i++)
            {
                if ((ulong)i == limit || page[i].Number != start + (ulong)i)
                {
                    throw AnswerObject.Wrong("entries", $"the records from {start}");
                }
                yield return page[i];
            }
            // A page that leads nowhere else would be asked for without end.
            if (next is not null && (page.Count == 0 || next != start + (ulong)page.Count))
            {
                throw AnswerObject.Wrong("next", "the number after the page");
            }
        }
    }

    /// <summary>The entries with a payload, newest first.</summary>
    /// <param name="digest">SHA-256 of the payload.</param>
    /// <param name="limit">Most entries: 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SequencerException">No gateway, or a malformed answer.</exception>
    public async Task<IReadOnlyList<EntryView>> FindByPayloadDigestAsync(
        Digest digest, int limit = 100, CancellationToken cancellationToken = default)
    {
        GatewayAnswer answer = await GetAsync(
            $"v1/entries?payload_digest={digest.ToHex()}&limit={limit}",
            PageMaxBytes,
            cancellationToken);
        List<EntryView> found = EntryViewJson.ReadPage(answer.Body).Entries;
        return found.All(e => e.PayloadDigest == digest)
            ? found
            : throw AnswerObject.Wrong("entries", "of this payload only");
    }

    /// <summary>Asks once whether entries can be appended.</summary>
    /// <exception cref="GatewayUnreachableException">No answer came.</exception>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken = default)
    {
        const int ReadyMaxBytes = 4096;
        try
        {
            await _gateway.SendAsync(
                new GatewayRequest(HttpMethod.Get, "readyz", ReadyMaxBytes), cancellationToken);
            return true;
        }
        catch (ProblemException e) when (e.Status == (int)HttpStatusCode.ServiceUnavailable)
        {
            return false;
        }
    }

    private async Task<LiveAttestation> AskAttestationAsync(
        ReadOnlyMemory<byte> nonce, CancellationToken cancellationToken)
    {
        string query = nonce.IsEmpty ? "" : $"?nonce={Convert.ToHexStringLower(nonce.Span)}";
        GatewayAnswer answer = await GetAsync(
            "v1/attestation" + query, AttestationMaxBytes, cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        var read = new AnswerObject(json.RootElement);
        return new LiveAttestation(
            read.Base64("document"),
            read.Base64("statement"),
            read.UInt64("size"),
            read.DigestBase64("root"));
    }

    private VerifiedLiveHead VerifyLive(LogVerifier verifier, LiveAttestation answer, byte[] nonce)
    {
        var freshness = new Freshness.LiveNonce(nonce, _time.GetUtcNow());
        VerificationReport<VerifiedLiveHead> report =
            verifier.VerifyLive(answer.Document.Span, answer.Statement.Span, freshness);
        if (!report.TryGet(out VerifiedLiveHead? head))
        {
            string faults = string.Join(" ", report.Faults.Select(f => f.Sentence));
            throw new UnverifiedAttestationException(
                $"The live document does not verify: {faults}", report, answer);
        }
        return head.Size == answer.Size && head.Root == answer.Root
            ? head
            : throw new UnverifiedAttestationException(
                $"The live document is of the head of {head.Size} records, root {head.Root}, not "
                + $"of {answer.Size}, root {answer.Root}.",
                report,
                answer);
    }

    private Task<GatewayAnswer> GetAsync(
        string path, int maxBytes, CancellationToken cancellationToken) =>
        _gateway.SendAsync(GatewayRequest.Get(path, maxBytes), cancellationToken);
}
