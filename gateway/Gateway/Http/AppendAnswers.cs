using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>What callers of <see cref="AppendEndpoints"/> are told in the end.</summary>
internal sealed class AppendAnswers(ReceiptBuilder receipts)
{
    private const string ReplayedHeader = "Idempotent-Replayed";

    /// <summary>Answers for one entry.</summary>
    public Task SendOneAsync(
        HttpContext context, EntryDraft entry, PayloadItem item, AppendResult result, ReceiptWish wish)
    {
        if (result.Failure != AppendFailure.None)
        {
            return Problem.Of(result.Failure).SendAsync(context);
        }
        SequencedEntry sequenced = result.Entries[0];
        if (result.View is not { } view)
        {
            return SendProvisionalAsync(context, entry, sequenced.Outcome);
        }
        ReadOnlyMemory<byte> bytes = sequenced.Record;
        switch (sequenced.Outcome.Status)
        {
            case OutcomeStatus.Refused:
                return Problem.Of(sequenced.Outcome, entry, index: null).SendAsync(context);
            case OutcomeStatus.Replayed:
                // The same request digest, so request and metadata are those of the original.
                bytes = view.ReadRecord(sequenced.Outcome.Number);
                context.Response.Headers[ReplayedHeader] = "true";
                break;
        }
        if (!EntryRecord.TryParse(bytes.Span, out EntryRecord record))
        {
            throw new StoreDamagedException("log", "a record of an entry that is none.");
        }
        Receipt? receipt = wish == ReceiptWish.Full ? receipts.Build(view, bytes, item) : null;
        context.Response.Headers.Location = $"/v1/entries/{record.Header.Number}";
        if (entry.Stream is not null)
        {
            context.Response.Headers.ETag = $"\"{AppendAnswer.VersionOf(record)}\"";
        }
        return JsonBody.SendAsync(context, StatusCodes.Status201Created, json =>
        {
            _ = EntryRecord.TryParse(bytes.Span, out EntryRecord parsed);
            AppendAnswer.Write(json, parsed, entry.Stream, wish, receipt);
        }, AppendAnswer.LengthHint(receipt));
    }

    private static Task SendProvisionalAsync(
        HttpContext context, EntryDraft entry, Outcome outcome)
    {
        if (outcome.Status == OutcomeStatus.Refused)
        {
            return Problem.Of(outcome, entry, index: null).SendAsync(context);
        }
        if (outcome.Status == OutcomeStatus.Replayed)
        {
            context.Response.Headers[ReplayedHeader] = "true";
        }
        return JsonBody.SendAsync(
            context, StatusCodes.Status202Accepted,
            json => AppendAnswer.WriteProvisional(json, outcome.Number));
    }

    /// <summary>Answers for many.</summary>
    public static Task SendBatchAsync(
        HttpContext context, List<EntryDraft> entries, AppendResult result, bool isAtomic)
    {
        if (result.Failure != AppendFailure.None)
        {
            return Problem.Of(result.Failure).SendAsync(context);
        }
        if (isAtomic && TryFindFault(result, out int fault))
        {
            return Problem.Of(result.Entries[fault].Outcome, entries[fault], fault).SendAsync(
                context);
        }
        if (result.Entries.All(e => e.Outcome.Status == OutcomeStatus.Replayed))
        {
            context.Response.Headers[ReplayedHeader] = "true";
        }
        int status = result.View is null
            ? StatusCodes.Status202Accepted
            : StatusCodes.Status200OK;
        return JsonBody.SendAsync(context, status, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("entries");
            for (int i = 0; i < entries.Count; i++)
            {
                WriteOutcome(json, result.Entries[i].Outcome, entries[i], i);
            }
            json.WriteEndArray();
            if (result.View is { } view)
            {
                json.WriteNumber("size", view.Size);
                json.WriteString("checkpoint", view.Checkpoint.Span);
            }
            else
            {
                json.WriteString("acknowledged", "sequenced");
            }
            json.WriteEndObject();
        });
    }

    /// <summary>Answers for many that were appended to one stream, all or none.</summary>
    public static Task SendStreamAsync(
        HttpContext context, string stream, List<EntryDraft> entries, AppendResult result)
    {
        if (result.Failure != AppendFailure.None || result.View is not { } view
            || TryFindFault(result, out _))
        {
            return SendBatchAsync(context, entries, result, isAtomic: true);
        }
        if (result.Entries.All(e => e.Outcome.Status == OutcomeStatus.Replayed))
        {
            context.Response.Headers[ReplayedHeader] = "true";
        }
        long[] versions = [.. result.Entries.Select(e => VersionOf(view, e))];
        context.Response.Headers.ETag = $"\"{versions[^1]}\"";
        context.Response.Headers.Location =
            $"{StreamPath.Of(stream)}/entries?from_version={versions[0]}";
        return JsonBody.SendAsync(context, StatusCodes.Status201Created, json =>
        {
            json.WriteStartObject();
            json.WriteString("stream", stream);
            json.WriteNumber("version", versions[^1]);
            json.WriteStartArray("entries");
            for (int i = 0; i < versions.Length; i++)
            {
                WriteOutcome(json, result.Entries[i].Outcome, entries[i], i, versions[i]);
            }
            json.WriteEndArray();
            json.WriteNumber("size", view.Size);
            json.WriteString("checkpoint", view.Checkpoint.Span);
            json.WriteEndObject();
        });
    }

    // Of one that was replayed the record is the original's.
    private static long VersionOf(LogView view, SequencedEntry entry)
    {
        ReadOnlySpan<byte> bytes = entry.Record.IsEmpty
            ? view.ReadRecord(entry.Outcome.Number)
            : entry.Record.Span;
        return EntryRecord.TryParse(bytes, out EntryRecord record)
            ? AppendAnswer.VersionOf(record)
            : throw new StoreDamagedException("log", "a record of an entry that is none.");
    }

    private static bool TryFindFault(AppendResult result, out int index)
    {
        for (index = 0; index < result.Entries.Count; index++)
        {
            Outcome outcome = result.Entries[index].Outcome;
            if (outcome.Status == OutcomeStatus.Refused && outcome.Reason != RefusalReason.GroupRefused)
            {
                return true;
            }
        }
        return false;
    }

    private static void WriteOutcome(
        Utf8JsonWriter json, Outcome outcome, EntryDraft entry, int index, long? version = null)
    {
        json.WriteStartObject();
        json.WriteString("status", outcome.Status switch
        {
            OutcomeStatus.Appended => "appended",
            OutcomeStatus.Replayed => "replayed",
            _ => "refused",
        });
        if (outcome.Status == OutcomeStatus.Refused)
        {
            json.WritePropertyName("problem");
            Problem.Of(outcome, entry, index).WriteTo(json);
        }
        else
        {
            json.WriteNumber("number", outcome.Number);
            if (version is { } reached) json.WriteNumber("version", reached);
        }
        json.WriteEndObject();
    }
}
