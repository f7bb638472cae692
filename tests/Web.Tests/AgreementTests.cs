using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Tests.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Web.Tests;

/// <summary>
/// The browser's verifier and the one in .NET say the same of every receipt: rule by rule, with the
/// attestation rule where there is one.
/// </summary>
public sealed class AgreementTests : IDisposable
{
    private static readonly TestWitness[] Witnesses = TestWitness.Make(4);

    private readonly TestLog _log = MakeLog();

    public void Dispose() => _log.Dispose();

    [NodeFact]
    public async Task Every_record_under_every_later_head_verifies()
    {
        var cases = new List<ReceiptCase>();
        for (ulong size = 1; size <= _log.Size; size++)
        {
            for (ulong number = 0; number < size; number++)
            {
                byte[]? payload = _log.Entries[(int)number]?.Payload;
                cases.Add(new(_log.Policy, _log.Receipt(number, size).Encode(), payload));
            }
        }
        JsonElement[] answers = await AgreeAsync(cases);
        Assert.All(answers, answer => Assert.True(answer.GetProperty("good").GetBoolean()));
    }

    [NodeFact]
    public async Task The_golden_receipt_verifies_in_both_encodings()
    {
        string folder =
            Path.Combine(BrowserVerifier.Checkout, "tests/Attestation.Tests/Log/golden");
        byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(folder, name));
        Assert.True(TrustPolicy.TryParse(Golden("trust-policy.json"), out var policy, out _));
        JsonElement[] answers = await AgreeAsync(
        [
            new(policy, Golden("receipt-2.json"), Encoding.UTF8.GetBytes("{\"order\":7}")),
            new(policy, Golden("receipt-2.tlog-proof"), null),
        ]);
        Assert.All(answers, answer => Assert.True(answer.GetProperty("good").GetBoolean()));
    }

    [NodeFact]
    public async Task No_receipt_with_a_flipped_bit_verifies()
    {
        Random random = Seeded.Random(out _);
        byte[] receipt = _log.Receipt(4).Encode();
        var cases = receipt.Select((_, at) => new ReceiptCase(_log.Policy, Flip(receipt, at), null));
        JsonElement[] answers = await AgreeAsync([.. cases]);
        Assert.DoesNotContain(answers, answer => answer.GetProperty("good").GetBoolean());

        byte[] Flip(byte[] bytes, int at)
        {
            byte[] flipped = [.. bytes];
            flipped[at] ^= (byte)(1 << random.Next(8));
            return flipped;
        }
    }

    [NodeFact]
    public async Task No_receipt_with_a_flipped_bit_in_a_part_verifies()
    {
        Random random = Seeded.Random(out _);
        var cases = new List<ReceiptCase>();
        foreach (ulong number in (ulong[])[0, 2, 4, 6, 7, 8, 9])
        {
            for (int i = 0; i < 120; i++)
            {
                byte[] changed = Mutations.FlipInPart(_log.Receipt(number), random).Encode();
                cases.Add(new(_log.Policy, changed, null));
            }
        }
        JsonElement[] answers = await AgreeAsync(cases);
        Assert.DoesNotContain(answers, answer => answer.GetProperty("good").GetBoolean());
    }

    [NodeFact]
    public async Task Parts_of_two_receipts_put_together_do_not_verify()
    {
        var cases = new List<ReceiptCase>();
        foreach (ulong a in (ulong[])[0, 2, 4, 6, 7, 9])
        {
            foreach (ulong b in (ulong[])[0, 3, 5, 6, 8])
            {
                foreach (Receipt mixed in Mutations.Mix(_log.Receipt(a), _log.Receipt(b, b + 1)))
                {
                    cases.Add(new(_log.Policy, mixed.Encode(), null));
                }
            }
        }
        await AgreeAsync(cases);
    }

    [NodeFact]
    public async Task Each_part_of_a_policy_refuses_by_its_own_rule()
    {
        byte[] receipt = _log.Receipt(4).Encode();
        using TestLog other = TestLog.WithEntries(1);
        Assert.True(LogConfiguration.TryCreate(TestLog.Origin, 999, 1000, out var configuration));
        Assert.True(LogConfiguration.TryCreate("o.example", 1000, 1000, out var origin));
        Assert.True(KmsKeyArn.TryParse(
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            out KmsKeyArn? arn));
        Assert.True(LogConfiguration.TryCreate(
            TestLog.Origin, 1000, 1000, arn, null, out LogConfiguration? identified));
        TrustPolicy right = _log.Policy;
        TrustPolicy With(
            TrustPolicy? log = null, LogConfiguration? text = null, ulong? notAfter = null) => new(
                log?.LogId ?? right.LogId,
                text ?? right.Configuration,
                [new(TestNitroDocument.Measurements(), notAfter)],
                right.Roots);
        JsonElement[] answers = await AgreeAsync(
        [
            new(With(log: other.Policy), receipt, null),
            new(With(text: configuration), receipt, null),
            new(With(text: origin), receipt, null),
            new(With(text: identified), receipt, null),
            new(With(notAfter: _log.Size - 1), receipt, null),
            new(With(notAfter: _log.Size), receipt, null),
            new(With(), receipt, Encoding.UTF8.GetBytes("another payload")),
        ]);
        Assert.Equal(
            [
                "log-id", "configuration", "origin", "configuration", "measurement-retired", null,
                "payload",
            ],
            answers.Select(FirstFailed));
    }

    [NodeFact]
    public async Task Witnesses_are_counted_alike()
    {
        TrustPolicy policy = new(
            _log.Policy.LogId, _log.Configuration, _log.Policy.Measurements, _log.Policy.Roots,
            TestWitness.Policy(3, Witnesses));
        var cases = new List<ReceiptCase>();
        for (int set = 0; set < 16; set++)
        {
            TestWitness[] cosigning = [.. Witnesses.Where((_, i) => (set >> i & 1) == 1)];
            Receipt receipt = _log.Receipt(4);
            byte[] note = TestWitness.Cosign(receipt.Checkpoint.ToArray(), cosigning);
            cases.Add(new(policy, Mutations.With(receipt, checkpoint: note).Encode(), null));
            note[^9] ^= 1;
            cases.Add(new(policy, Mutations.With(receipt, checkpoint: note).Encode(), null));
        }
        JsonElement[] answers = await AgreeAsync(cases);
        Assert.Equal(5, answers.Count(answer => answer.GetProperty("good").GetBoolean()));
        Assert.Contains(answers, answer => FirstFailed(answer) == "witness-quorum");
        Assert.Contains(answers, answer => FirstFailed(answer) == "cosignature");
    }

    [NodeFact]
    public async Task A_salted_payload_is_the_recorded_one_only_with_its_salt()
    {
        byte[] salt = [7, .. new byte[31]];
        byte[] payload = Encoding.UTF8.GetBytes("payload");
        byte[] commitment = SHA256.HashData([.. "seq-salted/v1\0"u8, .. salt, .. payload]);
        using var log = new TestLog();
        log.OpenEpoch();
        log.Append("payload", edit: record => [.. record[..96], .. commitment, .. record[128..]]);
        byte[] receipt = log.Receipt(1).Encode();
        JsonElement[] answers = await BrowserVerifier.RunAsync(
            [log.Policy.ToJson()],
            [
                new { policy = 0, receipt, payload, salt },
                new { policy = 0, receipt, payload },
                new { policy = 0, receipt, payload, salt = salt.Reverse().ToArray() },
            ]);
        Assert.Equal(
            ["payload passed", "payload failed", "payload failed"],
            answers.Select(answer => answer.GetProperty("checks")[27].GetString()));
    }

    [NodeFact]
    public async Task A_key_of_small_order_signs_nothing()
    {
        // With the neutral point as key, R = S B is a signature of every text; here S is 1.
        byte[] neutral = [1, .. new byte[31]];
        byte[] signature =
            [0x58, .. Enumerable.Repeat((byte)0x66, 31), 1, .. new byte[31]];
        using var log = new TestLog();
        TestEpoch epoch =
            log.OpenEpoch(fields => fields with { Ed25519PublicKey = neutral });
        Assert.True(SignedNote.TryParse(log.Note(1), out SignedNote? note, out _));
        uint id = KeyIds.ForNamed(TestLog.Origin, (byte)NoteSignatureType.Ed25519, neutral);
        log.ReplaceNote(1, SignedNote.Create(
            note.Text.ToArray(),
            [note.Signatures[0], new(TestLog.Origin, id, signature)]).ToBytes());
        JsonElement[] answers = await AgreeAsync(
            [new(log.Policy, log.Receipt(0).Encode(), null)]);
        Assert.Equal("ed25519", FirstFailed(answers[0]));
    }

    [NodeFact]
    public async Task A_checkpoint_has_no_character_that_a_writer_of_JSON_may_escape()
    {
        string receipt = Encoding.UTF8.GetString(_log.Receipt(4).Encode());
        string[] names = ["another.example", "an\u007fother.example", "an\\u007fother.example",
            "an\\\"other.example", "an\\\\other.example"];
        JsonElement[] answers = await AgreeAsync(
        [
            .. names.Select(name => new ReceiptCase(
                _log.Policy,
                Encoding.UTF8.GetBytes(receipt.Replace(
                    "\",\"epoch\":", $"\u2014 {name} AAAAAAA=\\n\",\"epoch\":",
                    StringComparison.Ordinal)),
                null)),
        ]);
        Assert.Equal(
            [null, .. Enumerable.Repeat("receipt-format", names.Length - 1)],
            answers.Select(FirstFailed));
    }

    private static TestLog MakeLog()
    {
        TestLog log = TestLog.WithEntries(3);
        Assert.True(EntryMetadata.TryCreate(
            "order-placed", "text/plain", [new("region", "eu")], out var metadata, out _));
        log.Append("text", "orders", "key 1", metadata);
        log.AppendMember(0, 2, stream: "a");
        log.AppendMember(1, 2, stream: "b");
        log.EndBatch();
        log.Seal();
        log.OpenEpoch();
        log.Snapshot();
        log.Append(stream: "orders");
        return log;
    }

    private static async Task<JsonElement[]> AgreeAsync(IReadOnlyList<ReceiptCase> cases)
    {
        TrustPolicy[] policies = [.. cases.Select(c => c.Policy).Distinct()];
        JsonElement[] answers = await BrowserVerifier.RunAsync(
            policies.Select(policy => policy.ToJson()),
            cases.Select(c => c.ToJob(Array.IndexOf(policies, c.Policy))));
        Assert.Equal(cases.Count, answers.Length);
        for (int i = 0; i < answers.Length; i++)
        {
            var report = new LogVerifier(cases[i].Policy).VerifyReceipt(
                cases[i].Receipt, cases[i].Claim);
            string[] ours = [.. report.Checks.Select(Outcome)];
            string[] theirs =
                [.. answers[i].GetProperty("checks").EnumerateArray().Select(c => $"{c}")];
            bool agree = ours.SequenceEqual(theirs)
                && report.IsGood == answers[i].GetProperty("good").GetBoolean();
            Assert.True(agree, agree ? "" : Describe(cases[i], ours, theirs));
        }
        return answers;
    }

    // Signatures are random, so no seed makes a case again: what fails is shown whole.
    private static string Describe(ReceiptCase at, string[] ours, string[] theirs) => $"""
        .NET and JavaScript differ: {string.Join("; ", ours.Except(theirs))}
        and {string.Join("; ", theirs.Except(ours))}
        receipt, base64: {Convert.ToBase64String(at.Receipt)}
        policy: {Encoding.UTF8.GetString(at.Policy.ToJson())}
        """;

    private static string Outcome(VerificationCheck check) => check.Rule.Code() + check switch
    {
        VerificationCheck.Passed => " passed",
        VerificationCheck.Failed { Attestation: { } refusal } => $" failed {refusal.Rule}",
        VerificationCheck.Failed => " failed",
        VerificationCheck.NotChecked { IsExcused: true } => " excused",
        _ => " not_checked",
    };

    private static string? FirstFailed(JsonElement answer) =>
        answer.GetProperty("checks").EnumerateArray().Select(check => check.GetString()!)
            .FirstOrDefault(check => check.Contains(" failed", StringComparison.Ordinal))
            ?.Split(' ')[0];

    /// <summary>A receipt, what is trusted, and the payload if it is at hand.</summary>
    private sealed record ReceiptCase(TrustPolicy Policy, byte[] Receipt, byte[]? Payload)
    {
        public PayloadClaim? Claim => Payload is null ? null : PayloadClaim.Of(Payload);

        public object ToJob(int policy) => Payload is null
            ? new { policy, receipt = Receipt }
            : new { policy, receipt = Receipt, payload = Payload };
    }
}
