using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <content>Appending.</content>
public sealed partial class SequencerClient
{
    private const string KeyHeader = "Idempotency-Key";
    private const int AppendAnswerMaxBytes = Receipt.MaxBytes + (64 * 1024);
    private const int BatchAnswerMaxBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Appends one entry. From a verifying client the answer is proven: the receipt holds, and its
    /// record is of this very entry, with its payload, metadata, stream, expected version and key.
    /// </summary>
    /// <remarks>
    /// Without a key two equal entries are the same to any proof, so a gateway may answer a second
    /// one with the receipt of the first; with a key that is what is asked of it.
    /// </remarks>
    /// <exception cref="ArgumentException">The entry breaks a limit or rule.</exception>
    /// <exception cref="ProblemException">The gateway refused it.</exception>
    /// <exception cref="GatewayUnreachableException">No answer came.</exception>
    /// <exception cref="UnverifiedReceiptException">The receipt does not prove it.</exception>
    /// <exception cref="UnexpectedAnswerException">The answer is malformed.</exception>
    public async Task<Appended> AppendAsync(
        NewEntry entry,
        AppendOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (options is { Salted: true } && entry.Salt.IsEmpty) entry = entry.WithSalt();
        var expected = new EntryRequest(entry);
        bool omitReceipt = options is { OmitReceipt: true };
        if (omitReceipt && _verifier is not null)
        {
            throw new ArgumentException("A verifying client needs the receipt.", nameof(options));
        }
        var body = new ArrayBufferWriter<byte>();
        EntryJson.Write(body, entry, isBatch: false);
        string path = omitReceipt ? "v1/entries?receipt=none" : "v1/entries";
        GatewayAnswer answer = await _gateway.SendAsync(
            new GatewayRequest(HttpMethod.Post, path, AppendAnswerMaxBytes)
            {
                IsRepeatable = entry.IdempotencyKey is not null,
                Body = body.WrittenMemory,
                ContentType = "application/json",
                Headers = AppendHeaders(entry),
            },
            cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        byte[] receipt = omitReceipt ? [] : ReceiptOf(json);
        return _verifier is null
            ? Believe(entry, new AnswerObject(json.RootElement), receipt, answer.IsReplayed)
            : Prove(entry, expected, receipt, answer.IsReplayed);
    }

    /// <summary>
    /// Appends 1 to 4,096 entries in one request. Nothing of the answer is proven; see
    /// <see cref="GetReceiptAsync"/>.
    /// </summary>
    /// <param name="entries">The entries, in order.</param>
    /// <param name="atomic">All or none, in consecutive numbers; otherwise each for itself.</param>
    /// <param name="idempotencyKey">A key for the whole request, in place of entries' keys.</param>
    /// <param name="cancellationToken">Ends the wait, not the append.</param>
    /// <exception cref="ArgumentException">There are none or too many, an entry breaks a limit or
    /// rule, or there are keys of both sorts.</exception>
    /// <exception cref="ProblemException">The gateway refused the request; an atomic batch's
    /// <c>index</c> names the entry.</exception>
    /// <exception cref="GatewayUnreachableException">No answer came.</exception>
    /// <exception cref="UnexpectedAnswerException">The answer is malformed.</exception>
    public async Task<AppendedBatch> AppendBatchAsync(
        IReadOnlyList<NewEntry> entries,
        bool atomic = false,
        string? idempotencyKey = null,
        CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> body = BatchBody(entries, idempotencyKey);
        GatewayAnswer answer = await _gateway.SendAsync(
            new GatewayRequest(
                HttpMethod.Post,
                atomic ? "v1/entries:batch?atomic=true" : "v1/entries:batch",
                BatchAnswerMaxBytes)
            {
                IsRepeatable =
                    idempotencyKey is not null || entries.All(e => e.IdempotencyKey is not null),
                Body = body,
                ContentType = "application/x-ndjson",
                Headers = idempotencyKey is null ? [] : [new(KeyHeader, idempotencyKey)],
            },
            cancellationToken);
        using JsonDocument json = AnswerObject.Parse(answer.Body);
        var read = new AnswerObject(json.RootElement);
        BatchOutcome[] outcomes = [.. read.Array("entries").Select(ReadOutcome)];
        if (outcomes.Length != entries.Count)
        {
            throw AnswerObject.Wrong("entries", $"{entries.Count} outcomes");
        }
        byte[] checkpoint = Encoding.UTF8.GetBytes(read.Text("checkpoint"));
        return new AppendedBatch(outcomes, read.UInt64("size"), checkpoint, answer.IsReplayed);
    }

    private static List<KeyValuePair<string, string>> AppendHeaders(NewEntry entry)
    {
        var headers = new List<KeyValuePair<string, string>>();
        if (entry.IdempotencyKey is { } key) headers.Add(new(KeyHeader, key));
        switch (entry.Expected.Guard)
        {
            case OperationCode.NotExists: headers.Add(new("If-None-Match", "*")); break;
            case OperationCode.Exists: headers.Add(new("If-Match", "*")); break;
            case OperationCode.VersionEquals:
                string version = entry.Expected.Version.ToString(CultureInfo.InvariantCulture);
                headers.Add(new("If-Match", $"\"{version}\""));
                break;
        }
        return headers;
    }

    private static ReadOnlyMemory<byte> BatchBody(
        IReadOnlyList<NewEntry> entries, string? idempotencyKey)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count is 0 or > Limits.GroupMax)
        {
            throw new ArgumentException(
                $"A batch has 1 to {Limits.GroupMax} entries.", nameof(entries));
        }
        EntryRequest.ThrowUnlessKey(idempotencyKey);
        if (idempotencyKey is not null && entries.Any(e => e.IdempotencyKey is not null))
        {
            throw new ArgumentException(
                "Either the batch has a key or its entries do.", nameof(idempotencyKey));
        }
        var body = new ArrayBufferWriter<byte>();
        foreach (NewEntry entry in entries)
        {
            _ = new EntryRequest(entry);
            EntryJson.Write(body, entry, isBatch: true);
            body.Write("\n"u8);
        }
        return body.WrittenMemory;
    }

    private static byte[] ReceiptOf(JsonDocument json) =>
        new AnswerObject(json.RootElement).TryGet("receipt", out JsonElement receipt)
            // The bytes as they came, and the line feed that an embedded receipt lacks.
            ? [.. JsonMarshal.GetRawUtf8Value(receipt), (byte)'\n']
            : throw AnswerObject.Wrong("receipt", "there");

    private static Appended Believe(
        NewEntry entry, AnswerObject read, byte[] receipt, bool isReplayed)
    {
        if (!DateTimeOffset.TryParse(
            read.Text("time"),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset time))
        {
            throw AnswerObject.Wrong("time", "a time");
        }
        string? stream = read.OptionalText("stream");
        return new Appended
        {
            Number = read.UInt64("number"),
            Epoch = read.UInt32("epoch"),
            Time = time,
            Stream = stream,
            Version = stream is null ? null : (long)read.UInt64("version"),
            IsReplayed = isReplayed,
            Salt = entry.Salt,
            ReceiptBytes = receipt,
        };
    }

    private Appended Prove(NewEntry entry, EntryRequest expected, byte[] receipt, bool isReplayed)
    {
        var claim = new PayloadClaim(expected.Payload, (ulong)entry.Payload.Length);
        VerificationReport<VerifiedEntry> report = _verifier!.VerifyReceipt(receipt, claim);
        if (!report.TryGet(out VerifiedEntry? verified))
        {
            throw NotVerified(report, receipt);
        }
        // That the record holds the request was verified; that it is this request is left.
        if (!Receipt.TryDecode(receipt, out Receipt? decoded, out _)
            || !expected.IsAskedBy(decoded.Request.Span))
        {
            throw new UnverifiedReceiptException(
                "The receipt is of another entry than the one that was sent.", report, receipt);
        }
        StreamVersion? stream = verified.Streams.IsEmpty ? null : verified.Streams[0];
        return new Appended
        {
            Number = verified.Number,
            Epoch = verified.Epoch,
            Time = AnswerTime.Of(verified.TimeMs),
            Stream = stream?.Name,
            Version = stream?.Version,
            IsReplayed = isReplayed,
            Salt = entry.Salt,
            ReceiptBytes = receipt,
            VerifiedEntry = verified,
        };
    }

    private static UnverifiedReceiptException NotVerified(
        VerificationReport<VerifiedEntry> report, byte[] receipt)
    {
        string faults = string.Join(", ", report.Faults.Select(f => f.Rule.Code()));
        return new UnverifiedReceiptException(
            $"The receipt does not verify: {faults}.", report, receipt);
    }

    private static BatchOutcome ReadOutcome(JsonElement element)
    {
        var read = new AnswerObject(element);
        return read.Text("status") switch
        {
            "appended" => new BatchOutcome(BatchStatus.Appended, read.UInt64("number"), null),
            "replayed" => new BatchOutcome(BatchStatus.Replayed, read.UInt64("number"), null),
            "refused" when read.TryGet("problem", out JsonElement problem) =>
                new BatchOutcome(BatchStatus.Refused, null, ProblemJson.Read(problem)),
            _ => throw AnswerObject.Wrong("status", "a known one"),
        };
    }
}
