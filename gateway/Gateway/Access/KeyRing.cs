using System.Security.Cryptography;
using Sequencer.Attestation;

namespace Sequencer.Gateway.Access;

/// <summary>The keys that are in force, found by their secrets. Immutable.</summary>
internal sealed class KeyRing
{
    private readonly Dictionary<Digest, (TenantKey Key, Caller Caller)> _keys = [];
    private readonly Dictionary<Digest, OwnLimits> _limits = [];

    /// <summary>A ring without keys.</summary>
    public static KeyRing Empty { get; } = new(null);

    /// <summary>The keys of a file.</summary>
    public KeyRing(KeyFile? file)
    {
        foreach (TenantKey key in file?.Keys ?? [])
        {
            _keys[key.SecretDigest] = (key, Caller.For(key.Tenant, key.Scopes));
        }
        foreach ((string tenant, OwnLimits limits) in file?.Limits ?? new Dictionary<string, OwnLimits>())
        {
            _limits[Caller.For(tenant, Scopes.None).Tenant] = limits;
        }
    }

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Count;

    /// <summary>Limits that the file gives to a tenant; null if it gives none.</summary>
    public OwnLimits? LimitsOf(in Digest tenant) => _limits.GetValueOrDefault(tenant);

    /// <summary>Whose secret it is; null if nobody's, or of a key that is over.</summary>
    /// <remarks>
    /// The search is by the digest of what was shown, not by the secret: how long it takes tells about
    /// digests, whose secrets nobody can compute, and what is found is compared in constant time.
    /// </remarks>
    public Caller? Find(in ShownCredential shown, DateTimeOffset now)
    {
        if (shown.Secret.Length > KeySecret.MaxBytes) return null;
        Digest digest = KeySecret.DigestOf(shown.Secret);
        if (!_keys.TryGetValue(digest, out var found)) return null;
        TenantKey key = found.Key;
        bool isSame = CryptographicOperations.FixedTimeEquals(
            digest.AsSpan(), key.SecretDigest.AsSpan());
        bool isOver = key.NotAfter <= now;
        bool isNamed = shown.KeyId is null || shown.KeyId == key.Id;
        return isSame && isNamed && !isOver ? found.Caller : null;
    }
}
