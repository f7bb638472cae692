using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>
/// <c>DELETE /v1/entries/{number}/payload</c>: appends a tombstone, whose commit erases what it
/// names before it is answered (docs/PROTOCOL.md section 4, "Erasure").
/// </summary>
internal sealed class ErasureEndpoints(
    PipelineState state, AppendQueue queue, ByteBudget budget, ReceiptBuilder receipts)
{
    /// <summary>Erases a payload; one that is erased already is answered with its tombstone.
    /// </summary>
    public async Task EraseAsync(HttpContext context)
    {
        Problem? problem = Judge(context, out ReceiptWish wish, out LogView? view, out byte[] record);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        using ByteReservation room = budget.Open();
        (byte[] reason, problem) = await ReadReasonAsync(context.Request, room);
        if (problem is null && !IsErasedIn(view!, record))
        {
            (view, problem) = await AppendAsync(record, reason, room);
        }
        await (problem?.SendAsync(context) ?? SendAsync(context, view!, NumberOf(record), wish));
    }

    private Problem? Judge(
        HttpContext context, out ReceiptWish wish, out LogView? view, out byte[] record)
    {
        view = state.View;
        record = [];
        if (!AppendAnswer.TryReadWish(context.Request, out wish))
        {
            return Problem.Invalid("receipt", "full, ref or none.");
        }
        if (Query.RefuseUnknown(context.Request, "receipt") is { } unknown) return unknown;
        if (!Caller.Of(context).Scopes.HasFlag(Scopes.Admin))
        {
            return new Problem(ProblemKind.Forbidden, "Erasing takes the admin scope.");
        }
        if (view is null) return EntryEndpoints.Unavailable(state);
        if (EntryEndpoints.TryReadNumber(context, view, out ulong number) is { } missing) return missing;
        record = view.ReadRecord(number);
        return OwnPayload.Refuse(context, record);
    }

    private static async Task<(byte[] Reason, Problem? Problem)> ReadReasonAsync(
        HttpRequest request, ByteReservation room)
    {
        (byte[] body, Problem? problem) =
            await RequestBody.ReadAsync(request, ErasureReason.BodyMaxBytes, room);
        byte[] reason = [];
        problem ??= ErasureReason.TryRead(body, out reason);
        return (reason, problem);
    }

    // Retries and races are told by the key, of which there is one for each number. With another
    // reason they are refused, and what counts is the tombstone that came first.
    private async Task<(LogView? View, Problem? Problem)> AppendAsync(
        byte[] record, byte[] reason, ByteReservation room)
    {
        var submission = new Submission([Describe(record, reason)], isAtomic: true)
        {
            IsTombstone = true,
        };
        AppendResult result = await queue.AppendAsync(submission, room);
        if (result.Failure != AppendFailure.None) return (null, Problem.Of(result.Failure));
        return result.View is { } view && IsErasedIn(view, record)
            ? (view, null)
            : (null, Problem.Of(result.Entries[0].Outcome, new EntryDraft(), index: null));
    }

    private static PayloadItem Describe(ReadOnlySpan<byte> record, byte[] reason)
    {
        _ = EntryRecord.TryParse(record, out EntryRecord entry);
        ulong number = entry.Header.Number;
        byte[] metadata = new Tombstone(number, TreeHash.Leaf(record))
            .EncodeMetadata(hasReason: reason.Length > 0);
        byte[] request = AppendRequest.Encode(
            entry.Tenant,
            Derivation.Payload(reason),
            (uint)reason.Length,
            Derivation.Metadata(metadata),
            Derivation.Idempotency(entry.Tenant, index: 0, Tombstone.IdempotencyKey(number)),
            []);
        return new PayloadItem(request, metadata, reason);
    }

    // A tombstone is noted just before its view is shown: until then it has no receipt.
    private static bool IsErasedIn(LogView view, ReadOnlySpan<byte> record) =>
        view.TombstoneOf(NumberOf(record)) < view.Size;

    private static ulong NumberOf(ReadOnlySpan<byte> record) =>
        RecordHeader.TryRead(record, out RecordHeader header) ? header.Number : 0;

    private Task SendAsync(HttpContext context, LogView view, ulong number, ReceiptWish wish)
    {
        StoredHead tombstone = view.ReadHead(view.TombstoneOf(number)!.Value);
        Receipt? receipt = wish == ReceiptWish.Full ? receipts.Build(view, tombstone) : null;
        return JsonBody.SendAsync(
            context,
            StatusCodes.Status200OK,
            json => Write(json, number, tombstone, wish, receipt),
            AppendAnswer.LengthHint(receipt));
    }

    private static void Write(
        Utf8JsonWriter json, ulong erased, StoredHead tombstone, ReceiptWish wish, Receipt? receipt)
    {
        _ = RecordHeader.TryRead(tombstone.Record.Span, out RecordHeader header);
        json.WriteStartObject();
        json.WriteNumber("number", header.Number);
        json.WriteNumber("epoch", header.Epoch);
        json.WriteString("time", JsonBody.Time(header.TimeMs));
        json.WriteNumber("erased", erased);
        AppendAnswer.WriteReceipt(json, header.Number, wish, receipt);
        json.WriteEndObject();
    }
}
