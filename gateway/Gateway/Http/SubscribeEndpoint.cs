using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Http;

/// <summary>Ranges as server-sent events (WHATWG HTML, section 9.2) that go on as the log grows, and
/// the wait of <c>Prefer: wait</c>.</summary>
internal sealed class SubscribeEndpoint(
    PipelineState state, LiveReaders readers, RecentEvents events, SubscriberSettings settings)
{
    private const string LastEventHeader = "Last-Event-ID";
    private const ulong WaitMaxSeconds = 60;

    /// <summary>A subscription; ends when the caller goes, or with an event that says why.</summary>
    /// <param name="context">The request.</param>
    /// <param name="selection">Which records.</param>
    public async Task SubscribeAsync(HttpContext context, LiveSelection selection)
    {
        Problem? problem = TryRead(context, selection, out SubscriptionRequest request);
        if (problem is null && state.View is null) problem = EntryEndpoints.Unavailable(state);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        SetHeaders(context.Response);
        if (HttpMethods.IsHead(context.Request.Method)) return;
        using LiveReader? reader = readers.TryEnter(selection, context.RequestAborted);
        if (reader is null)
        {
            await Full().SendAsync(context);
            return;
        }
        // A subscription has its own idea of who is too slow.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
        var stream = new EventStream(context.Response.BodyWriter, settings.Stall, readers.Time);
        var subscription = new Subscription(
            stream, reader, readers, events, () => (state.View, state.Cosigned), settings);
        if (!await subscription.RunAsync(request, context.RequestAborted)) context.Abort();
    }

    /// <summary>
    /// Waits, where the caller prefers to (RFC 7240, section 4.3), until there is a record of the
    /// selection at <paramref name="from"/> or beyond, or the time is over.
    /// </summary>
    /// <returns>The problem of a caller who cannot wait here.</returns>
    public async Task<Problem?> WaitAsync(
        HttpContext context, LiveSelection selection, ulong from)
    {
        if (!TryReadWait(context.Request, out ulong seconds)) return null;
        context.Response.Headers["Preference-Applied"] = $"wait={seconds}";
        context.Response.Headers.Append("Vary", "Prefer");
        using LiveReader? reader = readers.TryEnter(selection, context.RequestAborted);
        if (reader is null) return Full();
        long until = readers.After(TimeSpan.FromSeconds(seconds));
        var one = new ulong[1];
        ulong position = from;
        while (!readers.IsEnding
            && readers.Time.GetTimestamp() < until
            && state.View is { } view
            && selection.Read(view, position, one, out position) == 0)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            if (position < view.Size) continue;
            await reader.WaitAsync(position, state.Cosigned, until);
        }
        return null;
    }

    private static Problem? TryRead(
        HttpContext context, LiveSelection selection, out SubscriptionRequest request)
    {
        HttpRequest http = context.Request;
        request = new SubscriptionRequest(
            selection, 0, EntryForm.WithPayload, Caller.Of(context).Tenant);
        Problem? problem = TryReadForm(http, out EntryForm form);
        if (problem is not null) return problem;
        problem = TryReadFrom(http, out ulong? from);
        request = request with { Form = form, From = from };
        return problem;
    }

    private static Problem? TryReadForm(HttpRequest http, out EntryForm form)
    {
        form = EntryForm.WithPayload;
        string? format = http.Query["format"];
        return format is null or "json" or "cloudevents"
            ? EntryFormQuery.TryRead(http, format == "cloudevents", hasPayload: true, out form)
            : Problem.Invalid("format", "json or cloudevents.");
    }

    // Where the caller was cut off wins over where it once began.
    private static Problem? TryReadFrom(HttpRequest http, out ulong? from)
    {
        from = null;
        string last = http.Headers[LastEventHeader].ToString();
        if (last.Length > 0)
        {
            bool isNumber = Query.TryParse(last, out ulong number) && number < ulong.MaxValue;
            from = isNumber ? number + 1 : null;
            return isNumber ? null : Problem.Invalid(LastEventHeader, "A number of the log.");
        }
        if (http.Query["from"] == "end") return null;
        Problem? problem = Query.TryRead(http, "from", 0, 0, ulong.MaxValue, out ulong first);
        from = first;
        return problem is null
            ? null
            : Problem.Invalid("from", $"An integer up to {ulong.MaxValue}, or end.");
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
        response.Headers.Vary = "Accept";
        // For the proxies that would otherwise collect events.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    private Problem Full() => new(
        ProblemKind.Overloaded, $"At most {settings.Max} subscriptions and waiting reads at once.");
}
