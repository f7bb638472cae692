namespace Sequencer.Gateway.Access;

/// <summary>What a token has to say beside being signed.</summary>
/// <param name="Issuer">What <c>iss</c> has to be; null for anything.</param>
/// <param name="Audience">What has to be in <c>aud</c>; null where tokens have no <c>aud</c>.</param>
internal sealed record TokenRules(string? Issuer, string? Audience)
{
    // The issuer's clock may be ahead of ours; a token whose time is over gets no grace.
    private const double NotBeforeGraceSeconds = 60;

    /// <summary>The caller that a token names.</summary>
    /// <param name="token">The token, as it was received.</param>
    /// <param name="keys">Who may have signed it.</param>
    /// <param name="now">The gateway's time.</param>
    /// <param name="caller">The caller; <c>sub</c> is the tenant.</param>
    public AccessRefusal Judge(
        JsonWebToken token, TokenKeys keys, DateTimeOffset now, out Caller? caller)
    {
        caller = null;
        if (!keys.HaveSigned(token)) return AccessRefusal.Signature;
        double seconds = now.ToUnixTimeMilliseconds() / 1000.0;
        // A token without an end could never be taken back.
        if (token.ExpiresAt is not { } end) return AccessRefusal.Claims;
        if (seconds >= end) return AccessRefusal.Expired;
        if (seconds + NotBeforeGraceSeconds < token.NotBefore) return AccessRefusal.Claims;
        if (Issuer is not null && token.Issuer != Issuer) return AccessRefusal.Claims;
        // RFC 7519 section 4.1.3: a token for others is refused also where nobody chose an audience.
        bool isForUs = Audience is null
            ? token.Audiences is null
            : token.Audiences?.Contains(Audience) == true;
        if (!isForUs) return AccessRefusal.Claims;
        if (token.Subject is not { } tenant || !TenantKey.IsTenant(tenant)) return AccessRefusal.Claims;
        caller = Caller.For(tenant, ScopesOf(token));
        return AccessRefusal.None;
    }

    // RFC 8693 section 4.2: words between spaces, of which those of others say nothing here.
    private static Scopes ScopesOf(JsonWebToken token)
    {
        if (token.Scope is not { } words) return Scopes.Read | Scopes.Append;
        Scopes scopes = Scopes.None;
        foreach (string word in words.Split(' ')) scopes |= ScopeNames.Find(word);
        return scopes;
    }
}
