using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Tests.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Web.Tests;

/// <summary>Trust policies: accepted or refused as the reader in .NET does.</summary>
public sealed class PolicyTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(1);

    public void Dispose() => _log.Dispose();

    [NodeFact]
    public async Task Policies_are_accepted_and_refused_alike()
    {
        Random random = Seeded.Random(out _);
        TestWitness[] witnesses = TestWitness.Make(4);
        TrustPolicy plain = _log.Policy;
        string good = Encoding.UTF8.GetString(plain.ToJson());
        string witnessed = Encoding.UTF8.GetString(new TrustPolicy(
            plain.LogId, plain.Configuration, plain.Measurements, plain.Roots,
            TestWitness.Policy(3, witnesses)).ToJson());
        string images = Encoding.UTF8.GetString(new TrustedImages(
            [new(TestNitroDocument.Measurements(), 7)], [TestLog.Root]).ToJson());
        string underAws = Encoding.UTF8.GetString(new TrustPolicy(
            plain.LogId, plain.Configuration, plain.Measurements,
            [TrustedRoot.AwsNitroEnclavesG1]).ToJson());
        var texts = new List<string> { good, witnessed, images, underAws };
        foreach ((string old, string changed) in (ReadOnlySpan<(string, string)>)
        [
            ("{", "{\"more\":1,"), ("{", "{\"format\":\"sequencer-trust-policy/v1\","),
            ("{", "[{"), ("sequencer-trust-policy/v1", "sequencer-trust-policy/v2"),
            ("sequencer-trust-policy/v1", "sequencer-measurements/v1"),
            ("cells-max 1000", "cells-max 01000"), ("cells-max 1000", "cells-max 0"),
            ("sequencer.example", "sequencer.Example"), ("\"pcr0\": \"", "\"pcr0\": \"0"),
            ("\"pcr0\"", "\"pcr9\""), ("\"name\"", "\"Name\""), ("\"log_id\"", "\"log-id\""),
            ("\"pcr1\"", "\"not_after_size\": 5, \"pcr1\""),
            ("\"pcr1\"", "\"not_after_size\": 5.0, \"pcr1\""),
            ("\"pcr1\"", "\"not_after_size\": -1, \"pcr1\""),
            ("\"pcr1\"", "\"not_after_size\": 18446744073709551615, \"pcr1\""),
            ("\"pcr1\"", "\"not_after_size\": 18446744073709551616, \"pcr1\""),
            ("\"pcr1\"", "\"not_after_size\": \"5\", \"pcr1\""),
            ("group g 3", "group g 2"), ("group g 3", "group g 5"), ("group g 3", "group g all"),
            ("quorum g", "quorum none"), ("quorum g", "quorum h"), ("\\nquorum g", ""),
            ("w0.example+", "w0.example+0"), ("}\n", "}\n\n"), ("}\n", "} x"), ("}\n", "")
        ])
        {
            texts.AddRange(new[] { good, witnessed, images }
                .Where(t => t.Contains(old, StringComparison.Ordinal))
                .Select(t => t.Replace(old, changed, StringComparison.Ordinal)));
        }
        const string uuid = "1234abcd-12ab-34cd-56ef-1234567890ab";
        string[] keys =
        [
            $"eu-west-1:111122223333:key/{uuid}", $"us-gov-west-1:111122223333:key/{uuid}",
            $"s3:111122223333:key/{uuid}", $"eu-1:111122223333:key/{uuid}",
            $"a-b-c-1:111122223333:key/{uuid}", $"eu-west-123:111122223333:key/{uuid}",
            $"eu-west-1a:111122223333:key/{uuid}", $"eu-we5t-1:111122223333:key/{uuid}",
            "eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef123456789012",
        ];
        const string last = "idempotency-window 1000\\n";
        Assert.Contains(last, good, StringComparison.Ordinal);
        texts.AddRange(keys.Select(key => good.Replace(
            last, $"{last}identity-key arn:aws:kms:{key}\\n", StringComparison.Ordinal)));
        // A witness's key of small order, and one that is not in its one encoding.
        foreach (byte[] key in (byte[][])
            [[1, .. new byte[31]], [0xf0, .. Enumerable.Repeat((byte)0xff, 31)]])
        {
            uint id = KeyIds.ForNamed("w0.example", (byte)NoteSignatureType.Cosignature, key);
            string material = Convert.ToBase64String([(byte)NoteSignatureType.Cosignature, .. key]);
            texts.Add(witnessed.Replace(
                $"{witnesses[0].Key}", $"w0.example+{id:x8}+{material}", StringComparison.Ordinal));
            Assert.NotEqual(witnessed, texts[^1]);
        }
        List<byte[]> policies = [.. texts.Select(Encoding.UTF8.GetBytes)];
        for (int i = 0; i < 600; i++)
        {
            byte[] flipped = [.. policies[i % 3]];
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            policies.Add(flipped);
        }

        JsonElement[] answers = await BrowserVerifier.RunAsync(
            policies, policies.Select((_, i) => new { readPolicy = i }));

        Assert.Equal(
            policies.Select(p => $"{IsAccepted(p)} {Encoding.UTF8.GetString(p)}"),
            policies.Zip(answers, (p, a) => $"{a.GetBoolean()} {Encoding.UTF8.GetString(p)}"));
        Assert.All(answers[..4], answer => Assert.True(answer.GetBoolean()));
    }

    private static bool IsAccepted(byte[] policy) =>
        TrustPolicy.TryParse(policy, out _, out _) || TrustedImages.TryParse(policy, out _, out _);
}
