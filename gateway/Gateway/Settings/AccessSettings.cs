using System.Collections.Immutable;

namespace Sequencer.Gateway.Settings;

/// <summary>Who may do what, and how connections are protected.</summary>
public sealed record AccessSettings
{
    /// <summary>Nobody is told apart, and nothing is limited.</summary>
    public static AccessSettings None { get; } = new();

    /// <summary>The file of keys; null for none.</summary>
    public string? KeysPath { get; init; }

    /// <summary>Public keys of those who sign tokens, as PEM; null for none.</summary>
    public string? TokenKeysPath { get; init; }

    /// <summary>What a token's <c>iss</c> has to be; null for anything.</summary>
    public string? TokenIssuer { get; init; }

    /// <summary>What has to be in a token's <c>aud</c>; null where tokens have none.</summary>
    public string? TokenAudience { get; init; }

    /// <summary>Limits of a tenant of whom the file of keys says nothing else.</summary>
    public TenantLimits Limits { get; init; } = TenantLimits.None;

    /// <summary>Origins whose pages may read answers.</summary>
    public ImmutableArray<string> CorsOrigins { get; init; } = [];

    /// <summary>Certificate and key; null for plain HTTP.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>The clock of expiries and limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether callers have to show who they are.</summary>
    public bool IsOn => KeysPath is not null || TokenKeysPath is not null;
}

/// <summary>Files of TLS, both PEM.</summary>
/// <param name="CertificatePath">The certificate, and what it is issued by after it.</param>
/// <param name="KeyPath">Its private key.</param>
public sealed record TlsSettings(string CertificatePath, string KeyPath);
