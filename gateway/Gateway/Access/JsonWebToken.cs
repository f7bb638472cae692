using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Sequencer.Gateway.Access;

/// <summary>A token's signature algorithm (RFC 7518 section 3.1); no others are known.</summary>
internal enum TokenAlgorithm
{
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    Rs256,

    /// <summary>ECDSA with P-256 and SHA-256.</summary>
    Es256,
}

/// <summary>
/// A signed token in its compact form (RFC 7515, RFC 7519), taken apart and not verified. Strict:
/// canonical base64url, objects without duplicate members, no critical extensions.
/// </summary>
internal sealed class JsonWebToken
{
    /// <summary>Longest token, in characters.</summary>
    public const int MaxChars = 8192;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 8 };

    private JsonWebToken(TokenAlgorithm algorithm, byte[] signed, byte[] signature)
    {
        Algorithm = algorithm;
        Signed = signed;
        Signature = signature;
    }

    /// <summary>As the header names it.</summary>
    public TokenAlgorithm Algorithm { get; }

    /// <summary>The bytes that are signed: the first two parts.</summary>
    public ReadOnlyMemory<byte> Signed { get; }

    /// <summary>The signature.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary><c>sub</c>; null where it is not a string.</summary>
    public string? Subject { get; private set; }

    /// <summary><c>iss</c>, likewise.</summary>
    public string? Issuer { get; private set; }

    /// <summary><c>scope</c>, likewise.</summary>
    public string? Scope { get; private set; }

    /// <summary><c>aud</c>: one string or several; null without.</summary>
    public IReadOnlyList<string>? Audiences { get; private set; }

    /// <summary><c>exp</c>, Unix seconds; null without.</summary>
    public double? ExpiresAt { get; private set; }

    /// <summary><c>nbf</c>, likewise.</summary>
    public double? NotBefore { get; private set; }

    /// <summary>Takes a token apart.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonWebToken? token)
    {
        token = null;
        if (text.Length > MaxChars) return false;
        string[] parts = text.Split('.');
        if (parts.Length != 3
            || !TryDecode(parts[0], out byte[]? header)
            || !TryDecode(parts[1], out byte[]? claims)
            || !TryDecode(parts[2], out byte[]? signature))
        {
            return false;
        }
        try
        {
            if (ReadAlgorithm(header) is not { } algorithm) return false;
            byte[] signed = Encoding.ASCII.GetBytes(text[..text.LastIndexOf('.')]);
            var read = new JsonWebToken(algorithm, signed, signature);
            if (!read.TryReadClaims(claims)) return false;
            token = read;
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or text that is none.
            return false;
        }
    }

    private static bool TryDecode(string part, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (!Base64Url.IsValid(part)) return false;
        byte[] decoded = Base64Url.DecodeFromChars(part);
        // One spelling each: no padding, no white space, no bits behind the end.
        if (Base64Url.EncodeToString(decoded) != part) return false;
        bytes = decoded;
        return true;
    }

    private static TokenAlgorithm? ReadAlgorithm(byte[] json)
    {
        var members = new MemberReader(json);
        TokenAlgorithm? algorithm = null;
        while (members.TryNext(out string? name))
        {
            if (name == "crit") return null;
            if (name == "alg")
            {
                algorithm = members.Text() switch
                {
                    "RS256" => TokenAlgorithm.Rs256,
                    "ES256" => TokenAlgorithm.Es256,
                    _ => null,
                };
            }
            members.Pass();
        }
        return members.IsWhole ? algorithm : null;
    }

    private bool TryReadClaims(byte[] json)
    {
        var members = new MemberReader(json);
        while (members.TryNext(out string? name))
        {
            bool isRead = true;
            switch (name)
            {
                case "sub": isRead = (Subject = members.Text()) is not null; break;
                case "iss": isRead = (Issuer = members.Text()) is not null; break;
                case "scope": isRead = (Scope = members.Text()) is not null; break;
                case "aud": isRead = (Audiences = members.Texts()) is not null; break;
                case "exp": isRead = (ExpiresAt = members.Seconds()) is not null; break;
                case "nbf": isRead = (NotBefore = members.Seconds()) is not null; break;
            }
            if (!isRead) return false;
            members.Pass();
        }
        return members.IsWhole;
    }

    /// <summary>Walks the members of one object that fills the bytes, each name once.</summary>
    private ref struct MemberReader
    {
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        private Utf8JsonReader _json;
        private bool _isBroken;

        public MemberReader(byte[] json)
        {
            _json = new Utf8JsonReader(json, ReaderOptions);
            _isBroken = !_json.Read() || _json.TokenType != JsonTokenType.StartObject;
        }

        /// <summary>True when the object ended, and nothing follows it.</summary>
        public bool IsWhole => !_isBroken && !_json.Read();

        public bool TryNext([NotNullWhen(true)] out string? name)
        {
            name = null;
            if (_isBroken) return false;
            _json.Read();
            if (_json.TokenType != JsonTokenType.PropertyName) return false;
            name = _json.GetString()!;
            _json.Read();
            _isBroken = !_seen.Add(name);
            return !_isBroken;
        }

        public readonly string? Text() =>
            _json.TokenType == JsonTokenType.String ? _json.GetString() : null;

        public readonly double? Seconds() =>
            _json.TokenType == JsonTokenType.Number && _json.TryGetDouble(out double value)
                && double.IsFinite(value)
                ? value
                : null;

        public List<string>? Texts()
        {
            if (Text() is { } one) return [one];
            if (_json.TokenType != JsonTokenType.StartArray) return null;
            var texts = new List<string>();
            while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
            {
                if (Text() is not { } text) return null;
                texts.Add(text);
            }
            return texts;
        }

        /// <summary>Goes to the end of the value.</summary>
        public void Pass() => _json.Skip();
    }
}
