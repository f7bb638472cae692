using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>
/// The entries of a selection in the form that the caller accepts: a page, perhaps after a wait for
/// it (RFC 7240, <c>Prefer: wait</c>), or a subscription as server-sent events (WHATWG HTML, section
/// 9.2), which goes on as the log grows.
/// </summary>
internal sealed class RangeAnswers(
    PipelineState state,
    LiveReaders readers,
    DeliveryPace pace,
    CheckpointEvents checkpoints,
    SubscriberSettings settings)
{
    private const string LastEventHeader = "Last-Event-ID";
    private const string Head = "end";
    private const ulong WaitMaxSeconds = 60;

    /// <summary>Sends what is asked for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="selection">Which entries.</param>
    /// <param name="names">How they are addressed.</param>
    public async Task SendAsync(HttpContext context, EntrySelection selection, RangeNames names)
    {
        Representation representation = Representations.Of(context.Request);
        Problem? problem = state.View is null ? EntryEndpoints.Unavailable(state) : null;
        problem ??= representation == Representation.Events
            ? await SubscribeAsync(context, selection, names)
            : await SendPageAsync(context, selection, names, representation);
        if (problem is not null) await problem.SendAsync(context);
    }

    private async Task<Problem?> SendPageAsync(
        HttpContext context,
        EntrySelection selection,
        RangeNames names,
        Representation representation)
    {
        bool hasPayloads = selection.Kind == SelectionKind.Stream
            || representation == Representation.CloudEvents;
        var range = default(EntryRange);
        Problem? problem = Query.RefuseUnknown(context.Request, names.OfPage)
            ?? EntryRange.TryRead(context.Request, names.From, hasPayloads, out range);
        problem ??= await WaitAsync(context, selection, range);
        if (problem is not null) return problem;
        // The wait may have seen the store close.
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state);
        await EntryPages.SendAsync(context, view, selection, range, names.Path);
        return null;
    }

    // Until there is an entry at the position or behind it, or the time is over.
    private async Task<Problem?> WaitAsync(
        HttpContext context, EntrySelection selection, EntryRange range)
    {
        if (range.Direction == ReadDirection.Backwards) return null;
        if (!TryReadWait(context.Request, out ulong seconds)) return null;
        context.Response.Headers["Preference-Applied"] = $"wait={seconds}";
        context.Response.Headers.Append("Vary", "Prefer");
        if (Enter(context, selection, out LiveReader? entered) is { } full) return full;
        using LiveReader reader = entered!;
        long until = readers.After(TimeSpan.FromSeconds(seconds));
        var sequence = new EntrySequence(selection, ReadDirection.Forwards);
        ulong? position = range.From;
        while (!readers.IsEnding
            && readers.Time.GetTimestamp() < until
            && state.View is { } view)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            EntryPage page = sequence.Read(view, position ?? sequence.StartOf(view), 1);
            if (page.Entries.Count > 0) break;
            position = page.Next;
            if (!page.HasMore) await reader.WaitAsync(view, state.Cosigned, until);
        }
        return Standing.Holds(context)
            ? null
            : new Problem(ProblemKind.Unauthorized, "What was shown is no longer in force.");
    }

    private async Task<Problem?> SubscribeAsync(
        HttpContext context, EntrySelection selection, RangeNames names)
    {
        SubscriptionRequest? request = null;
        Problem? problem = Query.RefuseUnknown(context.Request, names.OfSubscription)
            ?? TryReadSubscription(context, selection, names, out request);
        return problem ?? await SubscribeAsync(context, request!);
    }

    private async Task<Problem?> SubscribeAsync(HttpContext context, SubscriptionRequest request)
    {
        if (Enter(context, request.Selection, out LiveReader? entered) is { } full) return full;
        using LiveReader reader = entered!;
        SetHeaders(context.Response);
        if (HttpMethods.IsHead(context.Request.Method)) return null;
        // A subscription has its own idea of who is too slow.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
        var stream = new EventStream(context.Response.BodyWriter, settings.Stall, readers.Time);
        var subscription = new Subscription(
            stream,
            reader,
            readers,
            pace,
            checkpoints,
            () => (state.View, state.Cosigned),
            () => Standing.Holds(context),
            settings);
        if (!await subscription.RunAsync(request, context.RequestAborted)) context.Abort();
        return null;
    }

    private Problem? TryReadSubscription(
        HttpContext context,
        EntrySelection selection,
        RangeNames names,
        out SubscriptionRequest? request)
    {
        request = null;
        HttpRequest http = context.Request;
        string? format = http.Query["format"];
        if (format is not (null or "json" or "cloudevents"))
        {
            return Problem.Invalid("format", "json or cloudevents.");
        }
        Problem? problem =
            Query.TryReadFlag(http, "payload", fallback: true, out bool hasPayload);
        if (problem is not null) return problem;
        if (state.View is not { } view) return EntryEndpoints.Unavailable(state);
        problem = TryReadPosition(
            http, view, selection, names.From, out ulong from, out ulong? last);
        EntryForm form = EntryForms.Of(format == "cloudevents", hasPayload);
        request = new SubscriptionRequest(
            selection, from, last, form, Caller.Of(context).Tenant);
        return problem;
    }

    // Where the caller was cut off wins over where it once began.
    private static Problem? TryReadPosition(
        HttpRequest http,
        LogView view,
        EntrySelection selection,
        string name,
        out ulong from,
        out ulong? last)
    {
        (from, last) = (0, null);
        string told = http.Headers[LastEventHeader].ToString();
        if (told.Length > 0 || http.Query[name] == Head)
        {
            ulong number = view.Size - 1;
            if (told.Length > 0
                && (!Query.TryParse(told, out number) || number == ulong.MaxValue))
            {
                return Problem.Invalid(LastEventHeader, "A number of the log.");
            }
            // Of a log without any record there is no last one.
            if (number == ulong.MaxValue) return null;
            (from, last) = (selection.PositionAfter(view, number), number);
            return null;
        }
        if (Query.TryRead(http, name, 0, 0, ulong.MaxValue, out from) is null) return null;
        return Problem.Invalid(name, $"An integer up to {ulong.MaxValue}, or {Head}.");
    }

    private static bool TryReadWait(HttpRequest http, out ulong seconds)
    {
        seconds = 0;
        foreach (string preference in http.Headers["Prefer"].ToString().Split(',', ';'))
        {
            string[] parts = preference.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is not [var name, var value]
                || !name.Equals("wait", StringComparison.OrdinalIgnoreCase)
                || !Query.TryParse(value, out seconds))
            {
                continue;
            }
            seconds = Math.Min(seconds, WaitMaxSeconds);
            return true;
        }
        return false;
    }

    private static void SetHeaders(HttpResponse response)
    {
        response.ContentType = Representations.EventsMediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers.Append("Vary", "Accept");
        // For the proxies that would otherwise collect events.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    private Problem? Enter(HttpContext context, EntrySelection selection, out LiveReader? reader)
    {
        long tenantMax = context.Features.Get<TenantLimits>()?.SubscribersMax ?? 0;
        Entrance entrance = readers.TryEnter(
            Caller.Of(context).Tenant, tenantMax, selection, context.RequestAborted, out reader);
        return entrance switch
        {
            Entrance.Open => null,
            Entrance.TenantFull => new Problem(
                ProblemKind.RateLimited,
                $"At most {tenantMax} subscriptions and waiting reads of a tenant at once.")
            {
                WaitSeconds = 1,
            },
            _ => new Problem(
                ProblemKind.Overloaded,
                $"At most {settings.Max} subscriptions and waiting reads at once."),
        };
    }
}
