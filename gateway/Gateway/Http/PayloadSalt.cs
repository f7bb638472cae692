using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>
/// The salt of a payload's commitment as callers write it: base64 of 32 bytes. It comes and goes in
/// a header, never in a query, which proxies keep in their logs.
/// </summary>
internal static class PayloadSalt
{
    /// <summary>The header beside a raw payload, in both directions.</summary>
    public const string Header = "Sequencer-Salt";

    /// <summary>What is asked for, for people.</summary>
    public const string Rule = "Padded base64 of 32 random bytes is asked for.";

    /// <summary>Reads a salt. One of zeros is one that was forgotten to be made.</summary>
    public static bool TryParse(string? text, out byte[] salt)
    {
        salt = new byte[Limits.SaltBytes];
        return text is not null
            && Convert.TryFromBase64String(text, salt, out int length)
            && length == Limits.SaltBytes
            && Convert.ToBase64String(salt) == text
            && salt.AsSpan().ContainsAnyExcept((byte)0);
    }

    /// <summary>Reads the header of a request that is itself the payload; any other has none.
    /// </summary>
    public static Problem? TryRead(HttpRequest request, bool isAllowed, out byte[] salt)
    {
        salt = [];
        if (!request.Headers.TryGetValue(Header, out var header)) return null;
        if (!isAllowed) return Problem.Invalid(Header, "Only with a raw body.");
        return header.Count == 1 && TryParse(header, out salt)
            ? null
            : Problem.Invalid(Header, Rule);
    }
}
