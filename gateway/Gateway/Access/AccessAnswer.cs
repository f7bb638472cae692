using Sequencer.Gateway.Http;

namespace Sequencer.Gateway.Access;

/// <summary>What those are told who do not pass. Nothing that they showed is in it.</summary>
internal static class AccessAnswer
{
    /// <summary>Refuses a caller who is not known.</summary>
    public static Task RefuseAsync(HttpContext context, AccessRefusal refusal)
    {
        if (SequenceEndpoint.IsAsked(context))
        {
            return SequenceEndpoint.RefuseAsync(context, refusal);
        }
        string detail = refusal switch
        {
            AccessRefusal.Missing => "An Authorization header is needed.",
            AccessRefusal.Signature => "No trusted key signed this token.",
            AccessRefusal.Expired => "The token's time is over.",
            AccessRefusal.Claims => "The token is not for here or now, or names no tenant.",
            _ => "No key or token in force is shown.",
        };
        return new Problem(ProblemKind.Unauthorized, detail).SendAsync(context);
    }

    /// <summary>Refuses a caller who is known and may not do this.</summary>
    public static Task ForbidAsync(HttpContext context, Scopes? needed) => SendAsync(
        context,
        new Problem(
            ProblemKind.Forbidden,
            needed is { } scopes
                ? $"The scope {string.Join(", ", ScopeNames.Of(scopes))} is needed."
                : "No scope opens this path."));

    /// <summary>Sends a problem in the form that the path's callers know.</summary>
    public static Task SendAsync(HttpContext context, Problem problem) =>
        SequenceEndpoint.IsAsked(context)
            ? SequenceEndpoint.SendAsync(context, problem)
            : problem.SendAsync(context);
}
