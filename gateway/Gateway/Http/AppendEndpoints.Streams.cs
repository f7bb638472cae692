using Sequencer.Attestation;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <content>Appending to the stream of a path.</content>
internal sealed partial class AppendEndpoints
{
    /// <summary>Appends one entry, or many in consecutive versions: all or none.</summary>
    public Task AppendToStreamAsync(HttpContext context)
    {
        if (StreamPath.TryReadName(context, out string stream) is { } problem)
        {
            return problem.SendAsync(context);
        }
        return IsMediaType(context.Request, BatchBody.LinesMediaType)
            || IsMediaType(context.Request, BatchBody.FramesMediaType)
                ? AppendManyAsync(context, stream)
                : AppendOneAsync(context, stream);
    }

    private async Task AppendManyAsync(HttpContext context, string stream)
    {
        HttpRequest request = context.Request;
        var level = Acknowledgement.Durable;
        var expected = ExpectedVersion.Any;
        Problem? problem = Query.RefuseUnknown(request, "ack")
            ?? AppendAnswer.TryReadLevel(request, out level)
            ?? witnesses.Judge(level);
        if (problem is null) ExpectedVersion.TryRead(request.Headers, out expected, out problem);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        using ByteReservation room = budget.Open();
        (List<EntryDraft> entries, problem) = await ReadBatchAsync(request, room);
        problem ??= TryPutInto(stream, entries, expected);
        problem ??= TryGiveKeys(request, entries, isAtomic: true);
        PayloadItem[] items = [];
        Digest tenant = Caller.Of(context).Tenant;
        problem ??= TryEncode(tenant, entries, out items);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        (AppendResult result, problem) =
            await AppendManyAsync(context, items, isAtomic: true, level, room);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        await AppendAnswers.SendStreamAsync(context, stream, entries, result);
    }

    // What is expected of the stream holds before the first; the others stand on those before them.
    private static Problem? TryPutInto(
        string stream, List<EntryDraft> entries, ExpectedVersion expected)
    {
        for (int i = 0; i < entries.Count; i++)
        {
            if (TryPutInto(stream, entries[i]) is { } problem) return problem with { Index = i };
            if (entries[i].Expected.Guard is not null)
            {
                return Problem.Invalid("expected_version", "A header of the request says it.") with
                {
                    Index = i,
                };
            }
        }
        entries[0].Expected = expected;
        return null;
    }

    private static Problem? TryPutInto(string? stream, EntryDraft entry)
    {
        if (stream is null) return null;
        if (entry.Stream is not null) return Problem.Invalid("stream", "The path says it.");
        entry.Stream = stream;
        return null;
    }
}
