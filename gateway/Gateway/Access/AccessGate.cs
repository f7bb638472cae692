using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Access;

/// <summary>
/// Stands before every endpoint: says who calls (<see cref="Caller.Of"/>), and lets nobody pass who may
/// not.
/// </summary>
internal sealed class AccessGate(
    AccessSettings settings,
    AccessFiles files,
    CrossOrigin origins,
    TenantAllowances allowances)
{
    private readonly TokenRules _rules = new(settings.TokenIssuer, settings.TokenAudience);

    /// <summary>The middleware.</summary>
    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (await JudgeAsync(context)) await next(context);
    }

    // True if the request may go on; otherwise it was answered.
    private async Task<bool> JudgeAsync(HttpContext context)
    {
        Caller caller = Caller.Anyone;
        Scopes? needed = AccessTable.Find(context.GetEndpoint(), context.Request.Method);
        if (settings.IsOn)
        {
            // Set first, so that nothing that follows can take a stranger for anyone.
            context.Features.Set(Caller.Nobody);
            if (needed == Scopes.None) return true;
            context.Response.OnStarting(KeepPrivate, context.Response);
            AccessRefusal refusal = Identify(context.Request, out Caller? known);
            if (known is null)
            {
                await AccessAnswer.RefuseAsync(context, refusal);
                return false;
            }
            caller = known;
            context.Features.Set(caller);
            context.Features.Set(StandingOf(context.Request, caller, needed));
            if (!IsAllowed(context, caller, needed))
            {
                await AccessAnswer.ForbidAsync(context, needed);
                return false;
            }
        }
        else if (needed != Scopes.None && origins.Refuse(context.Request) is { } detail)
        {
            await AccessAnswer.SendAsync(context, new(ProblemKind.Forbidden, detail));
            return false;
        }
        TenantLimits limits = files.Keys.LimitsOf(caller.Tenant)?.Over(settings.Limits) ?? settings.Limits;
        if (needed == Scopes.None) return true;
        context.Features.Set(limits);
        if (allowances.TakeRequest(context, caller.Tenant, limits) is not { } problem) return true;
        await AccessAnswer.SendAsync(context, problem);
        return false;
    }

    // What is no endpoint of ours is the router's 404 or 405, for those who are known.
    private static bool IsAllowed(HttpContext context, Caller caller, Scopes? needed) =>
        needed is { } scopes
            ? caller.Scopes.HasFlag(scopes)
            : context.GetEndpoint() is not RouteEndpoint;

    private Standing StandingOf(HttpRequest request, Caller caller, Scopes? needed) => new(
        () => (files.Keys, files.TokenKeys, settings.Time.GetUtcNow().ToUnixTimeSeconds()),
        () => Identify(request, out Caller? now) == AccessRefusal.None
            && now!.Tenant == caller.Tenant && needed is { } scopes && now.Scopes.HasFlag(scopes));

    private AccessRefusal Identify(HttpRequest request, out Caller? caller)
    {
        caller = null;
        StringValues header = request.Headers[HeaderNames.Authorization];
        if (header.Count == 0) return AccessRefusal.Missing;
        if (!AuthorizationHeader.TryRead(header, out ShownCredential shown)) return AccessRefusal.Unknown;
        DateTimeOffset now = settings.Time.GetUtcNow();
        caller = files.Keys.Find(shown, now);
        if (caller is not null) return AccessRefusal.None;
        return shown.KeyId is null && files.TokenKeys is { } keys
            && JsonWebToken.TryParse(shown.Secret, out JsonWebToken? token)
                ? _rules.Judge(token, keys, now, out caller)
                : AccessRefusal.Unknown;
    }

    // Answers that were for one caller must not be kept by a proxy for the next.
    private static Task KeepPrivate(object state)
    {
        IHeaderDictionary headers = ((HttpResponse)state).Headers;
        string caching = headers.CacheControl.ToString();
        headers.CacheControl = caching switch
        {
            "" or "no-cache" => "private, no-cache",
            _ when caching.StartsWith("public", StringComparison.Ordinal) =>
                "private" + caching["public".Length..],
            _ => caching,
        };
        headers.Append(HeaderNames.Vary, HeaderNames.Authorization);
        return Task.CompletedTask;
    }
}
