using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Access;

/// <summary>On whose behalf a request is made.</summary>
public sealed class Caller
{
    private Caller(ReadOnlySpan<byte> tenantName, Scopes scopes)
    {
        Tenant = Derivation.Tenant(tenantName);
        Scopes = scopes;
    }

    /// <summary>Who is meant where nobody is told apart: the tenant <c>default</c>, who may do
    /// everything.</summary>
    public static Caller Anyone { get; } = new(
        Derivation.DefaultTenantName, Scopes.Read | Scopes.Append | Scopes.Admin);

    /// <summary>The tenant (docs/PROTOCOL.md section 1).</summary>
    public Digest Tenant { get; }

    /// <summary>What this caller may do.</summary>
    public Scopes Scopes { get; }

    /// <summary>The caller of a request.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Anyone;
}
