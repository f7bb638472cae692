using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Access;

/// <summary>On whose behalf a request is made.</summary>
public sealed class Caller
{
    private Caller(Digest tenant, Scopes scopes)
    {
        Tenant = tenant;
        Scopes = scopes;
    }

    /// <summary>Who is meant where nobody is told apart: the tenant <c>default</c>, who may do
    /// everything.</summary>
    public static Caller Anyone { get; } = new(
        Derivation.Tenant(Derivation.DefaultTenantName), Scopes.Read | Scopes.Append | Scopes.Admin);

    /// <summary>Who reads an open path where callers are told apart: no tenant, and no scope.
    /// </summary>
    public static Caller Nobody { get; } = new(Digest.Zero, Scopes.None);

    /// <summary>The tenant (docs/PROTOCOL.md section 1).</summary>
    public Digest Tenant { get; }

    /// <summary>What this caller may do.</summary>
    public Scopes Scopes { get; }

    /// <summary>A caller of a tenant with a name of 1 to 255 bytes.</summary>
    public static Caller For(string tenant, Scopes scopes) =>
        new(Derivation.Tenant(Encoding.UTF8.GetBytes(tenant)), scopes);

    /// <summary>The caller of a request.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Anyone;
}
