using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// What became of every rule, and what was verified if all of them hold: never one without the
/// other.
/// </summary>
/// <typeparam name="T">What good evidence is turned into.</typeparam>
public sealed class VerificationReport<T>
    where T : class
{
    private readonly T? _verified;

    internal VerificationReport(ImmutableArray<VerificationCheck> checks, T? verified)
    {
        Checks = checks;
        _verified = verified;
    }

    /// <summary>One check for each rule, in the order of docs/PROTOCOL.md section 11.</summary>
    public ImmutableArray<VerificationCheck> Checks { get; }

    /// <summary>True if no rule is broken and all that apply were checked.</summary>
    public bool IsGood => _verified is not null;

    /// <summary>The broken rules.</summary>
    public IEnumerable<VerificationCheck.Failed> Faults =>
        Checks.OfType<VerificationCheck.Failed>();

    /// <summary>Hands out what was verified; false unless the report is good.</summary>
    public bool TryGet([NotNullWhen(true)] out T? verified)
    {
        verified = _verified;
        return verified is not null;
    }
}
