using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sequencer.Attestation.Notes;

/// <summary>A witness as a policy names it.</summary>
/// <param name="Name">Its name within the policy.</param>
/// <param name="Key">Its key, of type <see cref="NoteSignatureType.Cosignature"/>.</param>
/// <param name="Url">Where checkpoints are submitted to it; null if the policy does not say.
/// </param>
public sealed record PolicyWitness(string Name, VerifierKey Key, Uri? Url);

/// <summary>
/// Which witnesses are known and which sets of them are enough (c2sp.org/tlog-policy, without log
/// lines; docs/PROTOCOL.md section 16). Any two sets that are enough share a witness.
/// </summary>
/// <remarks>
/// A name is a member at most once, so the quorum is a tree whose leaves are witnesses, each in one
/// place. That makes the intersection of quorums exact and cheap to compute, node by node.
/// </remarks>
public sealed class WitnessPolicy
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxChars = 32 * 1024;

    /// <summary>Most witnesses, and most groups.</summary>
    public const int MaxWitnesses = 16;

    private readonly ImmutableArray<Group> _groups;
    private readonly Node? _quorum;
    private readonly string _quorumName;

    internal WitnessPolicy(
        ImmutableArray<PolicyWitness> witnesses,
        ImmutableArray<Group> groups,
        Node? quorum,
        string quorumName)
    {
        (Witnesses, _groups, _quorum, _quorumName) = (witnesses, groups, quorum, quorumName);
        SharedMin = quorum?.SharedMin() ?? 0;
    }

    /// <summary>The witnesses, in the order of their lines.</summary>
    public ImmutableArray<PolicyWitness> Witnesses { get; }

    /// <summary>False for <c>quorum none</c>: cosignatures are looked at, none is asked for.
    /// </summary>
    public bool HasQuorum => _quorum is not null;

    /// <summary>
    /// The fewest witnesses that two sets which are both enough have in common; 0 only where there
    /// is no quorum. One less may lie without a fork passing: 2k - n - 1 for k of n.
    /// </summary>
    public int SharedMin { get; }

    /// <summary>Reads the text; false with the first fault otherwise.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> text,
        [NotNullWhen(true)] out WitnessPolicy? policy, out WitnessPolicyFault fault) =>
        WitnessPolicyReader.TryRead(text, out policy, out fault);

    /// <summary>The index in <see cref="Witnesses"/> of the one that a line says it is by, its name
    /// and key id; -1 if there is none.</summary>
    public int IndexOf(NoteSignature line)
    {
        for (int i = 0; i < Witnesses.Length; i++)
        {
            VerifierKey key = Witnesses[i].Key;
            if (key.KeyId == line.KeyId && key.Name == line.KeyName) return i;
        }
        return -1;
    }

    /// <summary>True if these witnesses are enough; always where there is no quorum.</summary>
    /// <param name="cosigned">For each of <see cref="Witnesses"/>, by its index, bit i of it.
    /// </param>
    public bool IsSatisfiedBy(uint cosigned) => _quorum?.IsSatisfiedBy(cosigned) ?? true;

    /// <summary>
    /// The text in its one form: a space between words, thresholds as numbers, no comment and no
    /// address, witnesses first, then groups, then the quorum. Two policies with the same form ask
    /// for the same.
    /// </summary>
    public string ToCanonicalText()
    {
        var text = new StringBuilder();
        foreach (PolicyWitness witness in Witnesses)
        {
            text.Append(CultureInfo.InvariantCulture, $"witness {witness.Name} {witness.Key}\n");
        }
        foreach (Group group in _groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"group {group.Name} {group.Threshold}");
            foreach (Node member in group.Members) text.Append(' ').Append(member.Name);
            text.Append('\n');
        }
        return text.Append(CultureInfo.InvariantCulture, $"quorum {_quorumName}\n").ToString();
    }

    /// <summary>The quorum for people, such as <c>3 of (w1, w2, w3, w4)</c>.</summary>
    public override string ToString() => _quorum is null ? "none" : _quorum.Describe();

    /// <summary>A witness or a group: something that cosigned or did not.</summary>
    internal abstract class Node(string name)
    {
        public string Name { get; } = name;

        public abstract bool IsSatisfiedBy(uint cosigned);

        /// <summary>As <see cref="WitnessPolicy.SharedMin"/>, of this node.</summary>
        public abstract int SharedMin();

        public abstract string Describe();
    }

    internal sealed class Leaf(string name, int index) : Node(name)
    {
        public override bool IsSatisfiedBy(uint cosigned) => (cosigned >> index & 1) != 0;

        public override int SharedMin() => 1;

        public override string Describe() => Name;
    }

    internal sealed class Group(string name, int threshold, ImmutableArray<Node> members)
        : Node(name)
    {
        public int Threshold => threshold;

        public ImmutableArray<Node> Members => members;

        public override bool IsSatisfiedBy(uint cosigned)
        {
            int count = 0;
            foreach (Node member in members)
            {
                if (member.IsSatisfiedBy(cosigned)) count++;
            }
            return count >= threshold;
        }

        /// <summary>
        /// Two choices of k among n members have at least 2k - n members in common, and an
        /// adversary picks those that force the least; below a member in one choice only, and
        /// between members, nothing is shared, since no witness stands in two places.
        /// </summary>
        public override int SharedMin()
        {
            int inBoth = Math.Max(0, (2 * threshold) - members.Length);
            return members.Select(member => member.SharedMin()).Order().Take(inBoth).Sum();
        }

        public override string Describe() =>
            $"{threshold} of ({string.Join(", ", members.Select(member => member.Describe()))})";
    }
}
