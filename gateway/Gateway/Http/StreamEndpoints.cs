using Sequencer.Attestation;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>The caller's streams: a list, one, and the entries of one.</summary>
internal sealed class StreamEndpoints(PipelineState state)
{
    private const ulong LimitDefault = 100;
    private const ulong LimitMax = 1000;

    /// <summary>The streams in order of their first entries.</summary>
    public Task ListAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        HttpRequest request = context.Request;
        string? category = null;
        ulong limit = 0;
        ulong cursor = 0;
        Problem? problem = Query.RefuseUnknown(request, "category", "limit", "cursor")
            ?? Query.TryReadCategory(request, out category)
            ?? Query.TryRead(request, "limit", LimitDefault, 1, LimitMax, out limit)
            ?? Query.TryRead(request, "cursor", 0, 0, ulong.MaxValue, out cursor);
        if (problem is not null) return problem.SendAsync(context);
        Digest tenant = Caller.Of(context).Tenant;
        StreamPage page = StreamList.Read(view, tenant, category, cursor, (int)limit);
        if (page.Next is { } next)
        {
            string only =
                category is null ? "" : $"&category={Uri.EscapeDataString(category)}";
            context.Response.Headers.Link =
                $"</v1/streams?cursor={next}&limit={limit}{only}>; rel=\"next\"";
        }
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("streams");
            foreach (StreamState stream in page.Streams) StreamJson.Write(json, stream);
            json.WriteEndArray();
            if (page.Next is { } cursorOfNext) json.WriteNumber("next", cursorOfNext);
            json.WriteEndObject();
        });
    }

    /// <summary>A stream's version, which is its tag too.</summary>
    public Task OneAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        string name = "";
        Problem? problem = Query.RefuseUnknown(context.Request)
            ?? StreamPath.TryReadName(context, out name);
        if (problem is not null) return problem.SendAsync(context);
        if (StreamList.Find(view, Caller.Of(context).Tenant, name) is not { } stream)
        {
            return new Problem(ProblemKind.NotFound, "The stream does not exist.").SendAsync(context);
        }
        string tag = $"\"{stream.Version}\"";
        context.Response.Headers.CacheControl = "private, no-cache";
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        return JsonBody.SendAsync(
            context, StatusCodes.Status200OK, json => StreamJson.Write(json, stream));
    }

    /// <summary>The entries of a stream; none of one that does not exist yet.</summary>
    public Task EntriesAsync(HttpContext context)
    {
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state).SendAsync(context);
        string name = "";
        var range = default(EntryRange);
        Problem? problem = Query.RefuseUnknown(
                context.Request, "from_version", "limit", "direction", "payload")
            ?? StreamPath.TryReadName(context, out name)
            ?? EntryRange.TryRead(
                context.Request, "from_version", isPayloadIncluded: true, out range);
        if (problem is not null) return problem.SendAsync(context);
        EntrySelection selection = EntrySelection.Stream(Caller.Of(context).Tenant, name);
        return EntryPages.SendAsync(
            context, view, selection, range, StreamPath.Of(name) + "/entries");
    }
}
