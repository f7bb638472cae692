using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Log;

/// <summary>
/// What a configuration says of witnesses (docs/PROTOCOL.md section 5): who they are, and how far
/// the log may run ahead of its newest head that a quorum of them cosigned.
/// </summary>
public sealed class WitnessRequirement
{
    /// <summary>Highest <c>witness-seconds-max</c>: a week.</summary>
    public const uint SecondsMaxLimit = 604_800;

    private const string NumbersKey = "witness-numbers-max ";
    private const string SecondsKey = "witness-seconds-max ";

    private WitnessRequirement(WitnessPolicy policy, uint numbersMax, uint secondsMax)
    {
        Policy = policy;
        NumbersMax = numbersMax;
        SecondsMax = secondsMax;
        Text = string.Create(
            CultureInfo.InvariantCulture,
            $"{NumbersKey}{numbersMax}\n{SecondsKey}{secondsMax}\n{policy.ToCanonicalText()}");
    }

    /// <summary>The witnesses and their quorum; there is one.</summary>
    public WitnessPolicy Policy { get; }

    /// <summary>Most numbers assigned beyond the newest cosigned head.</summary>
    public uint NumbersMax { get; }

    /// <summary>Greatest age of the newest cosigned head, in seconds.</summary>
    public uint SecondsMax { get; }

    /// <summary>The canonical lines.</summary>
    internal string Text { get; }

    /// <summary>Makes one; false for a policy without a quorum, with anything but ASCII in it, or
    /// for a bound out of its range.</summary>
    public static bool TryCreate(
        WitnessPolicy policy,
        uint numbersMax,
        uint secondsMax,
        [NotNullWhen(true)] out WitnessRequirement? requirement)
    {
        requirement = null;
        if (!policy.HasQuorum || numbersMax is 0 or > Limits.ConfigurationNumberMax
            || secondsMax is 0 or > SecondsMaxLimit)
        {
            return false;
        }
        var made = new WitnessRequirement(policy, numbersMax, secondsMax);
        if (System.Text.Ascii.IsValid(made.Text)) requirement = made;
        return requirement is not null;
    }

    /// <summary>Reads the lines, in any spelling: the caller compares with the canonical one.
    /// </summary>
    internal static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out WitnessRequirement? requirement)
    {
        requirement = null;
        return TryReadNumber(ref text, NumbersKey, out uint numbersMax)
            && TryReadNumber(ref text, SecondsKey, out uint secondsMax)
            && WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out _)
            && TryCreate(policy, numbersMax, secondsMax, out requirement);
    }

    private static bool TryReadNumber(ref ReadOnlySpan<char> text, string key, out uint value)
    {
        value = 0;
        int end = text.IndexOf('\n');
        if (end < 0 || !text.StartsWith(key)) return false;
        ReadOnlySpan<char> digits = text[key.Length..end];
        text = text[(end + 1)..];
        return uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
