using System.Numerics;
using System.Text;
using Sequencer.Attestation.Notes;
using Refusal = Sequencer.Attestation.Notes.WitnessPolicyRefusal;

namespace Sequencer.Attestation.Tests.Notes;

public class WitnessPolicyTests
{
    private static readonly TestWitness[] All = TestWitness.Make(WitnessPolicy.MaxWitnesses + 1);

    [Fact]
    public void The_policy_of_the_vectors_is_read_and_written_in_its_one_form()
    {
        string text = $"# who\n\n\twitness  w1\t{Vectors.WitnessKey} https://witness.example/a\n"
            + " quorum w1 \n";
        Assert.True(WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out _));
        PolicyWitness witness = Assert.Single(policy.Witnesses);
        Assert.Equal(Vectors.WitnessKey, witness.Key.ToString());
        Assert.Equal("https://witness.example/a", witness.Url!.ToString());
        Assert.Equal(1, policy.SharedMin);
        string canonical = $"witness w1 {Vectors.WitnessKey}\nquorum w1\n";
        Assert.Equal(canonical, policy.ToCanonicalText());
        Assert.True(WitnessPolicy.TryParse(canonical, out WitnessPolicy? again, out _));
        Assert.Equal(canonical, again.ToCanonicalText());
    }

    [Fact]
    public void K_of_n_bears_2k_minus_n_minus_1_liars_and_is_refused_where_quorums_are_disjoint()
    {
        for (int n = 1; n <= 6; n++)
        {
            for (int k = 1; k <= n; k++)
            {
                string text = Definitions(n) + $"group g {k} {Names(n)}\nquorum g\n";
                bool isRead = WitnessPolicy.TryParse(text, out var policy, out var fault);
                Assert.Equal(2 * k > n, isRead);
                if (!isRead)
                {
                    Assert.Equal(Refusal.QuorumsDoNotIntersect, fault.Refusal);
                    continue;
                }
                Assert.Equal((2 * k) - n, policy!.SharedMin);
                for (uint set = 0; set < 1u << n; set++)
                {
                    Assert.Equal(BitOperations.PopCount(set) >= k, policy.IsSatisfiedBy(set));
                }
            }
        }
    }

    [Fact]
    public void Nested_groups_agree_with_trying_every_pair_of_sets()
    {
        Random random = Seeded.Random(out int seed);
        int accepted = 0, refused = 0;
        for (int round = 0; round < 300; round++)
        {
            int n = random.Next(1, 8);
            (string text, Func<uint, bool> isEnough) = RandomPolicy(random, n);
            uint[] enough = [.. Enumerable.Range(0, 1 << n).Select(s => (uint)s).Where(isEnough)];
            int shared = enough.Min(s => enough.Min(t => BitOperations.PopCount(s & t)));

            bool isRead = WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out var fault);

            Assert.True(isRead == shared > 0, $"seed {seed}, round {round}, {fault}:\n{text}");
            if (isRead)
            {
                accepted++;
                Assert.Equal(shared, policy!.SharedMin);
                for (uint set = 0; set < 1u << n; set++)
                {
                    Assert.Equal(isEnough(set), policy.IsSatisfiedBy(set));
                }
            }
            else
            {
                refused++;
                Assert.Equal(Refusal.QuorumsDoNotIntersect, fault.Refusal);
            }
        }
        Assert.True(accepted > 50 && refused > 50, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public void Without_a_quorum_every_set_is_enough_and_it_is_said()
    {
        Assert.True(WitnessPolicy.TryParse("quorum none\n", out WitnessPolicy? policy, out _));
        Assert.False(policy.HasQuorum);
        Assert.True(policy.IsSatisfiedBy(0));
        Assert.Equal("quorum none\n", policy.ToCanonicalText());
    }

    public static TheoryData<string, Refusal, int> Broken => new()
    {
        { "", Refusal.Malformed, 0 },
        { "quorum none", Refusal.Malformed, 0 },
        { "quorum none\r\n", Refusal.Malformed, 0 },
        { new string('\n', WitnessPolicy.MaxChars + 1), Refusal.Malformed, 0 },
        { "# nothing\n", Refusal.QuorumCount, 0 },
        { "quorum none\nquorum none\n", Refusal.QuorumCount, 2 },
        { "quorum w9\n", Refusal.UnknownName, 1 },
        { "quorum none w0\n", Refusal.WordCount, 1 },
        { $"log {Vectors.LogKey}\n", Refusal.LogLine, 1 },
        { "witnesses\n", Refusal.UnknownLine, 1 },
        { "witness w0\n", Refusal.WordCount, 1 },
        { $"witness w0 {Vectors.LogKey}\n", Refusal.BadKey, 1 },
        { $"witness w0 {Vectors.WitnessKey}x\n", Refusal.BadKey, 1 },
        { $"witness w0 {Vectors.WitnessKey} ftp://a/\n", Refusal.BadUrl, 1 },
        { $"witness none {Vectors.WitnessKey}\n", Refusal.BadName, 1 },
        { Definitions(1) + $"witness w0 {Vectors.WitnessKey}\n", Refusal.BadName, 2 },
        { Definitions(1) + $"witness other {All[0].Key}\n", Refusal.DuplicateKey, 2 },
        { Definitions(17), Refusal.TooMany, 17 },
        { Definitions(1) + "group g 1\n", Refusal.WordCount, 2 },
        { Definitions(1) + "group g 0 w0\n", Refusal.BadThreshold, 2 },
        { Definitions(1) + "group g 2 w0\n", Refusal.BadThreshold, 2 },
        { Definitions(1) + "group g 01 w0\n", Refusal.BadThreshold, 2 },
        { Definitions(1) + "group g some w0\n", Refusal.BadThreshold, 2 },
        { Definitions(1) + "group g 99999999999 w0\n", Refusal.BadThreshold, 2 },
        { Definitions(1) + "group g any g\n", Refusal.UnknownName, 2 },
        { Definitions(1) + "group g any none\n", Refusal.UnknownName, 2 },
        { Definitions(1) + "group g all w0 w0\n", Refusal.MemberTwice, 2 },
        { Definitions(2) + "group g any w0\ngroup h all g w0\n", Refusal.MemberTwice, 4 },
        { Definitions(1) + "group w0 any w0\n", Refusal.BadName, 2 },
        { Definitions(2) + "group g any w0 w1\nquorum g\n", Refusal.QuorumsDoNotIntersect, 0 },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_breaks_a_rule_is_refused_by_its_line(string text, Refusal refusal, int line)
    {
        Assert.False(WitnessPolicy.TryParse(text, out WitnessPolicy? policy, out var fault));
        Assert.Null(policy);
        Assert.Equal(new WitnessPolicyFault(refusal, line), fault);
    }

    private static string Definitions(int count) =>
        string.Concat(All.Take(count).Select(w => w.Line));

    private static string Names(int count) =>
        string.Join(' ', All.Take(count).Select(w => w.Name));

    /// <summary>Groups nodes at random until one is left, and evaluates them on its own.</summary>
    private static (string Text, Func<uint, bool> IsEnough) RandomPolicy(Random random, int n)
    {
        var text = new StringBuilder(Definitions(n));
        var nodes = Enumerable.Range(0, n)
            .Select(i => (Name: $"w{i}", IsEnough: (Func<uint, bool>)(set => (set >> i & 1) == 1)))
            .ToList();
        for (int group = 0; nodes.Count > 1 || group == 0; group++)
        {
            var members = nodes.OrderBy(_ => random.Next())
                .Take(random.Next(Math.Min(2, nodes.Count), nodes.Count + 1)).ToArray();
            int k = random.Next((members.Length + 1) / 2, members.Length + 1);
            text.Append($"group g{group} {k} {string.Join(' ', members.Select(m => m.Name))}\n");
            nodes.RemoveAll(node => members.Contains(node));
            nodes.Add(($"g{group}", set => members.Count(m => m.IsEnough(set)) >= k));
        }
        text.Append($"quorum {nodes[0].Name}\n");
        return (text.ToString(), nodes[0].IsEnough);
    }
}
