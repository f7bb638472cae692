using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>
/// <c>POST /sequence</c>, the contract of the BLOCKY sequencer: a text in, its number in the tenant's
/// chain and its attestation out. The chain is the tenant's stream <c>sequence</c>; the attestation is
/// the receipt.
/// </summary>
internal sealed class SequenceEndpoint(
    AppendQueue queue,
    ByteBudget budget,
    PipelineState state,
    ReceiptBuilder receipts,
    TenantStreams streams,
    EdgeLimits limits)
{
    /// <summary>The path.</summary>
    public const string Path = "/sequence";

    private const string Stream = "sequence";

    private static readonly EntryDraft[] OwnStream = [new() { Stream = Stream }];

    /// <summary>Appends the text.</summary>
    public async Task AppendAsync(HttpContext context)
    {
        using ByteReservation room = budget.Open();
        (byte[] body, Problem? problem) =
            await RequestBody.ReadAsync(context.Request, limits.JsonMaxBytes, room);
        if (problem is not null)
        {
            await SendAsync(context, problem);
            return;
        }
        SequenceFaults? faults = SequenceJson.TryRead(context.Request, body, out string data, out byte[] payload);
        if (faults is not null)
        {
            await SendErrorAsync(context, StatusCodes.Status400BadRequest, faults.WriteTo);
            return;
        }
        problem = TryEncode(context, payload, out PayloadItem item);
        StreamClaim? claim = null;
        problem ??= streams.TryClaim(context, OwnStream, out claim);
        using StreamClaim? claimed = claim;
        if (problem is not null)
        {
            await SendAsync(context, problem);
            return;
        }
        AppendResult result = await queue.AppendAsync(new Submission([item], isAtomic: true), room);
        await AnswerAsync(context, result, item, data);
    }

    /// <summary>Whether a request is for this endpoint.</summary>
    public static bool IsAsked(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: Path };

    /// <summary>Refuses a caller who is not known.</summary>
    public static Task RefuseAsync(HttpContext context, AccessRefusal refusal)
    {
        (int status, string error) = refusal switch
        {
            AccessRefusal.Missing => (401, "Missing Authorization Header"),
            AccessRefusal.Signature => (422, "Signature verification failed"),
            AccessRefusal.Expired => (401, "Token has expired"),
            _ => (401, "Invalid credentials"),
        };
        new Problem(ProblemKind.Unauthorized, "").SetHeaders(context);
        return SendErrorAsync(context, status, json => json.WriteStringValue(error));
    }

    /// <summary>Sends a problem in the contract's form.</summary>
    public static Task SendAsync(HttpContext context, Problem problem)
    {
        problem.SetHeaders(context);
        return SendErrorAsync(
            context, problem.Meaning.Status, json => json.WriteStringValue(problem.Detail));
    }

    /// <summary>Sends <c>{"error": …}</c>.</summary>
    public static Task SendErrorAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.Headers.CacheControl = "no-store";
        return JsonBody.SendAsync(context, status, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("error");
            write(json);
            json.WriteEndObject();
        });
    }

    private Problem? TryEncode(HttpContext context, byte[] payload, out PayloadItem item)
    {
        item = default;
        if (payload.Length > limits.EntryMaxBytes) return Problem.TooLarge(limits.EntryMaxBytes);
        const string keyHeader = AppendEndpoints.KeyHeader;
        if (context.Request.Headers[keyHeader].Count > 1) return Problem.Invalid(keyHeader, "At most one.");
        var entry = new EntryDraft
        {
            Payload = payload,
            ContentType = LogEndpoints.TextMediaType,
            Stream = Stream,
            IdempotencyKey = context.Request.Headers[keyHeader],
            IdempotencyField = keyHeader,
        };
        return entry.TryEncode(Caller.Of(context).Tenant, out item);
    }

    private Task AnswerAsync(
        HttpContext context, AppendResult result, PayloadItem item, string data)
    {
        if (result.Failure != AppendFailure.None)
        {
            return SendAsync(context, Problem.Of(result.Failure));
        }
        LogView view = result.View!;
        SequencedEntry sequenced = result.Entries[0];
        ReadOnlyMemory<byte> bytes = sequenced.Record;
        switch (sequenced.Outcome.Status)
        {
            case OutcomeStatus.Refused:
                return SendAsync(
                    context, Problem.Of(sequenced.Outcome, new EntryDraft { Stream = Stream }, index: null));
            case OutcomeStatus.Replayed:
                bytes = view.ReadRecord(sequenced.Outcome.Number);
                context.Response.Headers[AppendAnswers.ReplayedHeader] = "true";
                break;
        }
        // A cosigned head says more, where there is one that covers the entry.
        if (state.Cosigned is { } cosigned && sequenced.Outcome.Number < cosigned.Size) view = cosigned;
        byte[] receipt = receipts.Build(view, bytes, item).Encode();
        if (!EntryRecord.TryParse(bytes.Span, out EntryRecord record))
        {
            throw new StoreDamagedException("log", "a record of an entry that is none.");
        }
        long index = AppendAnswer.VersionOf(record) - 1;
        ulong timeMs = record.Header.TimeMs;
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteBase64String("attestation", receipt);
            json.WriteString("data", data);
            json.WriteNumber("idx", index);
            json.WriteString("created_at", JsonBody.Time(timeMs));
            json.WriteEndObject();
        }, 1024 + data.Length + 2 * receipt.Length);
    }
}
