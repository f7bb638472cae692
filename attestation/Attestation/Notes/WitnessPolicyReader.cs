using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sequencer.Attestation.Notes;

/// <summary>Reads witness policies, line by line; the first fault stays.</summary>
internal sealed class WitnessPolicyReader
{
    private const string None = "none";

    private static readonly char[] Blanks = [' ', '\t'];

    private readonly List<PolicyWitness> _witnesses = [];
    private readonly List<WitnessPolicy.Group> _groups = [];
    private readonly Dictionary<string, WitnessPolicy.Node> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private WitnessPolicy.Node? _quorum;
    private string? _quorumName;

    public static bool TryRead(
        ReadOnlySpan<char> text,
        [NotNullWhen(true)] out WitnessPolicy? policy, out WitnessPolicyFault fault)
    {
        policy = null;
        fault = new WitnessPolicyFault(WitnessPolicyRefusal.Malformed, 0);
        if (text.Length > WitnessPolicy.MaxChars || !text.EndsWith("\n")) return false;
        foreach (char c in text)
        {
            if (char.IsControl(c) && c is not '\n' and not '\t') return false;
        }

        var reader = new WitnessPolicyReader();
        int number = 0;
        foreach (Range line in text[..^1].Split('\n'))
        {
            number++;
            WitnessPolicyRefusal refusal = reader.Read(text[line].ToString());
            if (refusal == WitnessPolicyRefusal.None) continue;
            fault = new WitnessPolicyFault(refusal, number);
            return false;
        }
        fault = new WitnessPolicyFault(WitnessPolicyRefusal.QuorumCount, 0);
        if (reader._quorumName is null) return false;
        var read = new WitnessPolicy(
            [.. reader._witnesses], [.. reader._groups], reader._quorum, reader._quorumName);
        fault = new WitnessPolicyFault(WitnessPolicyRefusal.QuorumsDoNotIntersect, 0);
        if (read.HasQuorum && read.SharedMin == 0) return false;
        fault = default;
        policy = read;
        return true;
    }

    private WitnessPolicyRefusal Read(string line)
    {
        string[] words = line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0][0] == '#') return WitnessPolicyRefusal.None;
        return words[0] switch
        {
            "witness" => ReadWitness(words),
            "group" => ReadGroup(words),
            "quorum" => ReadQuorum(words),
            "log" => WitnessPolicyRefusal.LogLine,
            _ => WitnessPolicyRefusal.UnknownLine,
        };
    }

    private WitnessPolicyRefusal ReadWitness(string[] words)
    {
        if (words.Length is not 3 and not 4) return WitnessPolicyRefusal.WordCount;
        if (_witnesses.Count == WitnessPolicy.MaxWitnesses) return WitnessPolicyRefusal.TooMany;
        if (!VerifierKey.TryParse(words[2], out VerifierKey? key, out _)
            || key.Type != NoteSignatureType.Cosignature)
        {
            return WitnessPolicyRefusal.BadKey;
        }
        // One key under two names would count twice; two keys under one id could not be told apart.
        if (_witnesses.Exists(w => w.Key.PublicKey.Span.SequenceEqual(key.PublicKey.Span)
            || (w.Key.KeyId == key.KeyId && w.Key.Name == key.Name)))
        {
            return WitnessPolicyRefusal.DuplicateKey;
        }
        Uri? url = null;
        if (words.Length == 4
            && !(Uri.TryCreate(words[3], UriKind.Absolute, out url)
                && url.Scheme is "http" or "https"))
        {
            return WitnessPolicyRefusal.BadUrl;
        }
        var leaf = new WitnessPolicy.Leaf(words[1], _witnesses.Count);
        if (!TryDefine(leaf)) return WitnessPolicyRefusal.BadName;
        _witnesses.Add(new PolicyWitness(words[1], key, url));
        return WitnessPolicyRefusal.None;
    }

    private WitnessPolicyRefusal ReadGroup(string[] words)
    {
        if (words.Length < 4) return WitnessPolicyRefusal.WordCount;
        if (_groups.Count == WitnessPolicy.MaxWitnesses) return WitnessPolicyRefusal.TooMany;
        int count = words.Length - 3;
        if (!TryReadThreshold(words[2], count, out int threshold))
        {
            return WitnessPolicyRefusal.BadThreshold;
        }
        var members = ImmutableArray.CreateBuilder<WitnessPolicy.Node>(count);
        foreach (string name in words.AsSpan(3))
        {
            if (!_nodes.TryGetValue(name, out WitnessPolicy.Node? member))
            {
                return WitnessPolicyRefusal.UnknownName;
            }
            if (!_members.Add(name)) return WitnessPolicyRefusal.MemberTwice;
            members.Add(member);
        }
        var group = new WitnessPolicy.Group(words[1], threshold, members.MoveToImmutable());
        if (!TryDefine(group)) return WitnessPolicyRefusal.BadName;
        _groups.Add(group);
        return WitnessPolicyRefusal.None;
    }

    private WitnessPolicyRefusal ReadQuorum(string[] words)
    {
        if (words.Length != 2) return WitnessPolicyRefusal.WordCount;
        if (_quorumName is not null) return WitnessPolicyRefusal.QuorumCount;
        if (words[1] != None && !_nodes.TryGetValue(words[1], out _quorum))
        {
            return WitnessPolicyRefusal.UnknownName;
        }
        _quorumName = words[1];
        return WitnessPolicyRefusal.None;
    }

    private bool TryDefine(WitnessPolicy.Node node) =>
        node.Name != None && _nodes.TryAdd(node.Name, node);

    private static bool TryReadThreshold(string word, int count, out int threshold)
    {
        threshold = word switch { "any" => 1, "all" => count, _ => 0 };
        if (threshold > 0) return true;
        return word[0] != '0'
            && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out threshold)
            && threshold <= count;
    }
}
