namespace Sequencer.Gateway.Access;

/// <summary>
/// Whether the caller of a request would still be let in. An answer that goes on for hours must not
/// outlive the key or token that opened it.
/// </summary>
/// <param name="look">What a judgement rests on: while it is the same, so is the judgement.</param>
/// <param name="judge">Judges anew what the request showed.</param>
/// <remarks>Of one request's loop; it gets dearer than a comparison once a second at most.</remarks>
internal sealed class Standing(Func<(KeyRing, TokenKeys?, long Second)> look, Func<bool> judge)
{
    private (KeyRing, TokenKeys?, long Second) _seen = look();

    /// <summary>Whether it does, at this moment.</summary>
    public bool Holds()
    {
        (KeyRing, TokenKeys?, long Second) now = look();
        if (now == _seen) return true;
        _seen = now;
        return judge();
    }

    /// <summary>Whether a request's caller does; always where nobody is told apart.</summary>
    public static bool Holds(HttpContext context) =>
        context.Features.Get<Standing>()?.Holds() ?? true;
}
