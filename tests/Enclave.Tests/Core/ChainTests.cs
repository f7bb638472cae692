using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests;
using Sequencer.Attestation.Tests.Merkle;
using Sequencer.Enclave.Core;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>Records, chain and heads against the oracle tree.</summary>
public sealed class ChainTests
{
    [Fact]
    public void Every_head_is_the_root_of_all_records_and_extends_every_head_before_it()
    {
        Random random = Seeded.Random(out _);
        TestEnclave enclave = TestEnclave.Open();
        List<HeadToSign> heads = [enclave.Head];
        while (enclave.Records.Count < 200)
        {
            var groups = new byte[random.Next(1, 5)][][];
            for (int g = 0; g < groups.Length; g++)
            {
                groups[g] = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i =>
                    Append($"{random.Next()}", random.Next(3) == 0 ? [Exists("no")] : []))];
            }
            if (enclave.Sequence(groups).Records.Count > 0) heads.Add(enclave.Head);
        }

        var tree = new NaiveTree([.. enclave.Records.Select(NaiveTree.LeafOf)]);
        foreach (HeadToSign head in heads)
        {
            Assert.Equal(tree.Root((int)head.Size), head.Root);
            Assert.True(Checkpoint.TryParse(head.Text.Span, out Checkpoint? checkpoint, out _));
            Assert.Equal((head.Size, head.Root), (checkpoint.Size, checkpoint.Root));
        }
        foreach ((HeadToSign older, HeadToSign newer) in heads.Zip(heads.Skip(1)))
        {
            Digest[] proof = ConsistencyProof.Create(older.Size, newer.Size, tree);
            Assert.True(
                ConsistencyProof.Verify(older.Size, older.Root, newer.Size, newer.Root, proof));
        }
    }

    [Fact]
    public void Every_record_names_its_place_and_the_one_before_it()
    {
        TestEnclave enclave = TestEnclave.Open();
        enclave.Sequence([Append("a")], [Append("b", Exists("no"))], [Append("c"), Append("d")]);
        enclave.Sequence([Append("e")]);
        Digest previous = Digest.Zero;
        for (int i = 0; i < enclave.Records.Count; i++)
        {
            Assert.True(RecordHeader.TryRead(enclave.Records[i], out RecordHeader header));
            Assert.Equal((ulong)i, header.Number);
            Assert.Equal(0u, header.Epoch);
            Assert.Equal(previous, header.Previous);
            previous = NaiveTree.LeafOf(enclave.Records[i]);
        }
        Assert.Equal(5, enclave.Records.Count);
    }

    [Fact]
    public void A_record_repeats_what_was_asked()
    {
        TestEnclave enclave = TestEnclave.Open();
        byte[] bytes = Keyed("hello", "k", Bump("s"));
        Assert.True(AppendRequest.TryParse(bytes, out AppendRequest request));
        EntryRecord record = enclave.Sequence([bytes]).Entry(0);
        Assert.Equal(request.Tenant, record.Tenant);
        Assert.Equal(request.Payload, record.Payload);
        Assert.Equal(5u, record.PayloadLength);
        Assert.Equal(request.Metadata, record.Metadata);
        Assert.Equal(Derivation.Request(bytes), record.Request);
        Assert.Equal(KeyDigest("k"), record.Idempotency);
    }

    [Fact]
    public void Two_cores_given_the_same_calls_give_the_same_bytes()
    {
        Random random = Seeded.Random(out _);
        var epoch = new TestEpoch(3);
        TestEnclave one = TestEnclave.Open(cellsMax: 5, window: 8, epoch: epoch);
        TestEnclave two = TestEnclave.Open(cellsMax: 5, window: 8, epoch: epoch);
        for (int round = 0; round < 300; round++)
        {
            byte[] batch = RandomBatches.Next(random, one.Core.Size);
            one.TimeMs = two.TimeMs = one.TimeMs + (ulong)random.Next(3);
            Assert.Equal(
                one.TrySequence(batch, out ParsedAnswer? a),
                two.TrySequence(batch, out ParsedAnswer? b));
            Assert.Equal(a?.Bytes, b?.Bytes);
        }
        Assert.Equal(one.Head.Text.ToArray(), two.Head.Text.ToArray());
        Assert.True(one.Core.Size > 100);
    }
}
