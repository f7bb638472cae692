using System.Collections.Immutable;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>Collects what became of each rule; each gets exactly one outcome.</summary>
internal sealed class CheckList
{
    private readonly SortedDictionary<VerificationRule, VerificationCheck> _checks = [];

    /// <summary>True while no rule is broken or left out for want of input.</summary>
    public bool IsGood { get; private set; } = true;

    public void Pass(VerificationRule rule) =>
        _checks.Add(rule, new VerificationCheck.Passed(rule));

    public void Fail(
        VerificationRule rule,
        string expected,
        string actual,
        AttestationRefusal? attestation = null)
    {
        IsGood = false;
        _checks.Add(rule, new VerificationCheck.Failed(rule, expected, actual, attestation));
    }

    /// <summary>Passes or fails; gives back which.</summary>
    public bool Expect(VerificationRule rule, bool holds, string expected, string actual)
    {
        if (holds) Pass(rule);
        else Fail(rule, expected, actual);
        return holds;
    }

    /// <summary>Two values that must be equal.</summary>
    public bool ExpectEqual<T>(VerificationRule rule, T expected, T actual)
        where T : IEquatable<T> =>
        expected.Equals(actual)
            ? Expect(rule, true, "", "")
            : Expect(rule, false, $"{expected}", $"{actual}");

    /// <summary>For rules whose input an earlier fault made unreadable.</summary>
    public void LeaveOut(string reason, params ReadOnlySpan<VerificationRule> rules)
    {
        IsGood = false;
        foreach (VerificationRule rule in rules)
        {
            _checks.Add(rule, new VerificationCheck.NotChecked(rule, reason, isExcused: false));
        }
    }

    /// <summary>For rules that do not apply, and Ed25519 without an implementation.</summary>
    public void Excuse(string reason, params ReadOnlySpan<VerificationRule> rules)
    {
        foreach (VerificationRule rule in rules)
        {
            _checks.Add(rule, new VerificationCheck.NotChecked(rule, reason, isExcused: true));
        }
    }

    /// <summary>Takes over the outcomes of rules that were looked at before.</summary>
    public void Add(IEnumerable<VerificationCheck> checks)
    {
        foreach (VerificationCheck check in checks)
        {
            IsGood &= check is not VerificationCheck.Failed
                and not VerificationCheck.NotChecked { IsExcused: false };
            _checks.Add(check.Rule, check);
        }
    }

    /// <summary>True for a rule that has its outcome.</summary>
    public bool Has(VerificationRule rule) => _checks.ContainsKey(rule);

    /// <summary>Stops the caller that forgot a rule: silence must never count as good.</summary>
    public void RequireAll(ReadOnlySpan<VerificationRule> rules)
    {
        foreach (VerificationRule rule in rules)
        {
            if (!_checks.ContainsKey(rule))
            {
                throw new InvalidOperationException($"Nothing was said of {rule.Code()}.");
            }
        }
    }

    public ImmutableArray<VerificationCheck> ToArray() => [.. _checks.Values];
}
