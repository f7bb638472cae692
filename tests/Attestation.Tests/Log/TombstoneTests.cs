using System.Security.Cryptography;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

public sealed class TombstoneTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_salted_commitment_is_the_hash_that_the_protocol_says()
    {
        byte[] salt = RandomNumberGenerator.GetBytes(Limits.SaltBytes);
        Assert.Equal(
            SHA256.HashData([.. "seq-salted/v1\0"u8, .. salt, .. "hi"u8]),
            Derivation.Payload("hi"u8, salt).ToArray());
        Assert.Equal(SHA256.HashData("hi"u8), Derivation.Payload("hi"u8, []).ToArray());
        Assert.Throws<ArgumentException>(() => Derivation.Payload("hi"u8, salt.AsSpan(1)));
    }

    [Fact]
    public void A_tombstone_reads_back_and_erases_what_it_names_and_nothing_else()
    {
        ulong number = _log.Erase(2);
        Assert.True(TryRead(number, out Tombstone read));
        Assert.Equal(new Tombstone(2, TreeHash.Leaf(_log.Records[2])), read);
        for (int i = 0; i < _log.Records.Count; i++)
        {
            Assert.Equal(i == 2, read.Erases(_log.Records[i], Tenant));
        }
        Assert.False(read.Erases(_log.Records[2], Derivation.Tenant("another"u8)));
        Assert.True(TryRead(_log.Erase(2, "asked"), out _));
    }

    [Fact]
    public void What_differs_in_any_particular_is_no_tombstone()
    {
        string leaf = TreeHash.Leaf(_log.Records[2]).ToHex();
        AssertNone("sequencer.erased", "", [new("erased", "02"), new("leaf", leaf)]);
        AssertNone("sequencer.erased", "", [new("erased", "+2"), new("leaf", leaf)]);
        AssertNone("sequencer.erased", "", [new("erased", "2"), new("leaf", leaf.ToUpperInvariant())]);
        AssertNone("sequencer.erased", "", [new("erased", "2"), new("leaf", leaf[1..])]);
        AssertNone("sequencer.erased", "", [new("erased", "2")]);
        AssertNone("sequencer.erased", "", [new("Erased", "2"), new("leaf", leaf)]);
        AssertNone(
            "sequencer.erased", "", [new("erased", "2"), new("leaf", leaf), new("x", "y")]);
        AssertNone("sequencer.erased", "text/plain", [new("erased", "2"), new("leaf", leaf)]);
        AssertNone("sequencer.erased2", "", [new("erased", "2"), new("leaf", leaf)]);
        AssertNone("erased", "", [new("erased", "2"), new("leaf", leaf)]);
        // The right block, with another key, a stream, a group, or a reason without its type.
        EntryMetadata right = Block("", [new("erased", "2"), new("leaf", leaf)]);
        AssertNone(_log.Append("", key: "sequencer.erased/3", metadata: right));
        AssertNone(_log.Append("", key: null, metadata: right));
        AssertNone(_log.Append("", "stream", "sequencer.erased/2", right));
        AssertNone(_log.Append("reason", key: "sequencer.erased/2", metadata: right));
        ulong first = _log.AppendMember(0, 2, "", key: "sequencer.erased/2", metadata: right);
        _log.AppendMember(1, 2, "", key: "k", metadata: right);
        _log.EndBatch();
        AssertNone(first);
        // One that names itself or what comes after it.
        ulong next = _log.Size;
        EntryMetadata itself = Block("", [new("erased", $"{next}"), new("leaf", leaf)]);
        AssertNone(_log.Append("", key: $"sequencer.erased/{next}", metadata: itself));
        // And all of it as it has to be.
        Assert.True(TryRead(_log.Append("", key: "sequencer.erased/2", metadata: right), out _));
    }

    [Fact]
    public async Task An_audit_tells_erased_from_missing()
    {
        ulong tombstone = _log.Erase(2, "asked");
        using var directory = new TestLogDirectory(_log);
        // Named, and still there.
        Assert.Equal(new AuditPayloads(4, 0, 0, 1), (await AuditAsync(directory)).Payloads);
        directory.ErasePayload(2);
        AuditReport report = await AuditAsync(directory);
        Assert.Equal(new AuditPayloads(3, 1, 0, 0), report.Payloads);
        Assert.DoesNotContain(
            report.Notes, n => n.StartsWith("payloads: ", StringComparison.Ordinal));
        // The reason of a tombstone, without a tombstone of its own.
        directory.ErasePayload(tombstone);
        report = await AuditAsync(directory);
        Assert.Equal(new AuditPayloads(2, 1, 1, 0), report.Payloads);
        Assert.Contains(report.Notes, n => n.StartsWith("payloads: 1 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_salted_payload_opens_with_its_salt_alone()
    {
        byte[] salt = RandomNumberGenerator.GetBytes(Limits.SaltBytes);
        ulong number = _log.Append("hi", salt: salt);
        var verifier = new LogVerifier(_log.Policy);
        Receipt receipt = _log.Receipt(number);
        Assert.True(verifier.VerifyReceipt(receipt, PayloadClaim.Of("hi"u8, salt)).IsGood);
        Assert.False(verifier.VerifyReceipt(receipt, PayloadClaim.Of("hi"u8)).IsGood);
        // The preimage of the salted commitment is longer than the payload that the record tells.
        byte[] preimage = [.. "seq-salted/v1\0"u8, .. salt, .. "hi"u8];
        Assert.False(verifier.VerifyReceipt(receipt, PayloadClaim.Of(preimage)).IsGood);
        using var directory = new TestLogDirectory(_log);
        Assert.Equal(new AuditPayloads(4, 0, 0, 0), (await AuditAsync(directory)).Payloads);
    }

    [Fact]
    public async Task A_tombstone_that_names_another_record_erases_nothing()
    {
        EntryMetadata lie = Block(
            "",
            [new("erased", "2"), new("leaf", TreeHash.Leaf(_log.Records[1]).ToHex())]);
        _log.Append("", key: "sequencer.erased/2", metadata: lie);
        using var directory = new TestLogDirectory(_log);
        Assert.Equal(new AuditPayloads(4, 0, 0, 0), (await AuditAsync(directory)).Payloads);
        directory.ErasePayload(2);
        Assert.Equal(new AuditPayloads(3, 0, 1, 0), (await AuditAsync(directory)).Payloads);
    }

    private static Digest Tenant => Derivation.Tenant(Derivation.DefaultTenantName);

    private async Task<AuditReport> AuditAsync(TestLogDirectory directory)
    {
        AuditReport report = await new LogAuditor(_log.Policy).AuditAsync(
            new DirectoryAuditSource(directory.Folder));
        Assert.Empty(report.Faults);
        return report;
    }

    private void AssertNone(
        string type, string contentType, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        Assert.True(EntryMetadata.TryCreate(
            type, contentType, pairs, out EntryMetadata metadata, out _));
        AssertNone(_log.Append("", key: "sequencer.erased/2", metadata: metadata));
    }

    private void AssertNone(ulong number) => Assert.False(TryRead(number, out _));

    private bool TryRead(ulong number, out Tombstone tombstone) => Tombstone.TryRead(
        _log.Records[(int)number], _log.Entries[(int)number]!.Metadata, out tombstone);

    private static EntryMetadata Block(
        string contentType, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        Assert.True(EntryMetadata.TryCreate(
            Tombstone.EventType, contentType, pairs, out EntryMetadata metadata, out _));
        return metadata;
    }
}
