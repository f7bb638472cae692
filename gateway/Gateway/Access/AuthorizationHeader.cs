using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Sequencer.Gateway.Access;

/// <summary>What a caller shows in the <c>Authorization</c> header (RFC 6750, RFC 7617).</summary>
/// <param name="Secret">A key's secret, or a token.</param>
/// <param name="KeyId">The key that it has to be the secret of; null where none was named.</param>
internal readonly record struct ShownCredential(string Secret, string? KeyId);

/// <summary>Takes the header apart.</summary>
internal static class AuthorizationHeader
{
    /// <summary>Longest header, in characters.</summary>
    public const int MaxChars = JsonWebToken.MaxChars + 64;

    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    // What is no text must not become another secret by replacement.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads it. Basic has a secret as user with an empty password, or a key's name as user with its
    /// secret as password.
    /// </summary>
    public static bool TryRead(StringValues header, out ShownCredential shown)
    {
        shown = default;
        if (header.Count != 1 || header[0] is not { Length: <= MaxChars } text) return false;
        if (TryCut(text, Bearer, out string? rest))
        {
            shown = new ShownCredential(rest, null);
            return rest.Length > 0;
        }
        return TryCut(text, Basic, out rest) && TryReadBasic(rest, out shown);
    }

    private static bool TryReadBasic(string base64, out ShownCredential shown)
    {
        shown = default;
        string pair;
        try
        {
            pair = StrictUtf8.GetString(Convert.FromBase64String(base64));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return false;
        }
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1) return false;
        string user = pair[..colon];
        string password = pair[(colon + 1)..];
        shown = password.Length == 0
            ? new ShownCredential(user, null)
            : new ShownCredential(password, user);
        return true;
    }

    private static bool TryCut(string text, string scheme, [NotNullWhen(true)] out string? rest)
    {
        rest = text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? text[scheme.Length..].TrimStart(' ')
            : null;
        return rest is not null;
    }
}
