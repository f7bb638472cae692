using System.Text;
using Sequencer.Attestation;

namespace Sequencer.Keys;

/// <summary>A key as the file of keys has it.</summary>
/// <param name="Id">Its name: <c>A-Z a-z 0-9 _ -</c>.</param>
/// <param name="Tenant">On whose behalf it acts: 1 to 255 bytes of text.</param>
/// <param name="SecretDigest">SHA-256 of the secret.</param>
/// <param name="Scopes">What it may do; at least one.</param>
/// <param name="NotAfter">From then on it is refused; null for never.</param>
public sealed record TenantKey(
    string Id, string Tenant, Digest SecretDigest, Scopes Scopes, DateTimeOffset? NotAfter)
{
    /// <summary>Longest name, in characters.</summary>
    public const int IdMaxChars = 64;

    /// <summary>Longest tenant, in bytes of UTF-8.</summary>
    public const int TenantMaxBytes = 255;

    /// <summary>Whether a key may have this name.</summary>
    public static bool IsId(string text) =>
        text.Length is > 0 and <= IdMaxChars
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>Whether a tenant may have this name.</summary>
    public static bool IsTenant(string text) =>
        text.Length > 0 && !text.Any(char.IsControl) && TryCount(text, out int bytes)
        && bytes <= TenantMaxBytes;

    // Half a surrogate pair would be replaced, and two names become one.
    private static bool TryCount(string text, out int bytes)
    {
        bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar) return false;
            bytes += rune.Utf8SequenceLength;
        }
        return true;
    }
}

/// <summary>What a tenant may use; 0 for no limit.</summary>
/// <param name="RequestsPerSecond">Requests a second, and so many at once.</param>
/// <param name="BytesPerSecond">Bytes of bodies a second.</param>
public sealed record TenantLimits(long RequestsPerSecond, long BytesPerSecond)
{
    /// <summary>Streams that there are.</summary>
    public long StreamsMax { get; init; }

    /// <summary>Subscriptions and waiting reads at once.</summary>
    public long SubscribersMax { get; init; }

    /// <summary>No limit.</summary>
    public static TenantLimits None { get; } = new(0, 0);
}

/// <summary>What the file of keys says of one tenant; null where the gateway's own holds.</summary>
/// <param name="RequestsPerSecond">Requests a second.</param>
/// <param name="BytesPerSecond">Bytes of bodies a second.</param>
public sealed record OwnLimits(long? RequestsPerSecond, long? BytesPerSecond)
{
    /// <summary>Streams that there are.</summary>
    public long? StreamsMax { get; init; }

    /// <summary>Subscriptions and waiting reads at once.</summary>
    public long? SubscribersMax { get; init; }

    /// <summary>These, and the others where these say nothing.</summary>
    public TenantLimits Over(TenantLimits others) => new(
        RequestsPerSecond ?? others.RequestsPerSecond, BytesPerSecond ?? others.BytesPerSecond)
    {
        StreamsMax = StreamsMax ?? others.StreamsMax,
        SubscribersMax = SubscribersMax ?? others.SubscribersMax,
    };
}
