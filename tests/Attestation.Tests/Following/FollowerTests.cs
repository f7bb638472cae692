using Sequencer.Attestation.Following;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Tests.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Following;

public sealed class FollowerTests : IDisposable
{
    private static readonly TestWitness[] Witnesses = TestWitness.Make(3);

    private readonly TestLog _log = TestLog.WithEntries(9);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Records_are_good_as_far_as_a_cosigned_head_covers_them()
    {
        LogFollower follower = Follow(Witnessed(), _log.Size);
        Assert.Null(follower.TakeHead(_log.Note(_log.Size)));
        Assert.Equal(0UL, follower.VerifiedSize);
        Assert.Null(follower.TakeCosigned(Cosigned(4)));
        Assert.Equal(4UL, follower.VerifiedSize);
        Assert.Equal(2, follower.Head!.Cosignatures.Length);
        for (int i = 0; i < 4; i++) follower.HandOut();
        Assert.Equal(_log.RootAt(4), follower.Position.Root);
        Assert.Throws<InvalidOperationException>(follower.HandOut);
        // An older one says nothing new, and is no fault.
        Assert.Null(follower.TakeCosigned(Cosigned(3)));
        Assert.Equal(4UL, follower.VerifiedSize);
        Assert.Null(follower.TakeCosigned(Cosigned(_log.Size)));
        Assert.Equal(_log.Size, follower.VerifiedSize);
    }

    [Fact]
    public void A_head_without_its_quorum_is_no_cosigned_one()
    {
        LogFollower follower = Follow(Witnessed(), _log.Size);
        byte[] one = TestWitness.Cosign(_log.Note(4), Witnesses[0]);
        Assert.Equal(VerificationRule.WitnessQuorum, follower.TakeCosigned(one)!.Rule);
    }

    [Fact]
    public void A_cosigned_head_of_another_history_is_refused()
    {
        LogFollower follower = Follow(Witnessed(), _log.Size);
        byte[] other = _log.Epochs[0].Sign(new Checkpoint(TestLog.Origin, 4, _log.RootAt(5)));
        byte[] cosigned = TestWitness.Cosign(other, Witnesses[0], Witnesses[1]);
        Assert.Equal(VerificationRule.Root, follower.TakeCosigned(cosigned)!.Rule);
    }

    [Fact]
    public void A_later_head_proves_records_at_every_size()
    {
        TrustPolicy policy = _log.Policy;
        AttestedEpoch epoch = Epoch(policy);
        for (ulong size = 1; size <= _log.Size; size++)
        {
            LogFollower follower = Follow(policy, size);
            Digest[] proof = ConsistencyProof.Create(size, _log.Size, _log);
            Assert.Null(follower.TakeLaterHead(_log.Note(_log.Size), epoch, proof));
            Assert.Equal(size, follower.VerifiedSize);
            if (proof.Length == 0) continue;
            follower = Follow(policy, size);
            Assert.Equal(
                VerificationRule.Root,
                follower.TakeLaterHead(_log.Note(_log.Size), epoch, proof.AsSpan(1))!.Rule);
        }
    }

    [Fact]
    public void A_document_comes_before_anything_else()
    {
        var follower = new LogFollower(_log.Policy, LogPosition.Start(_log.Policy.LogId), null);
        Assert.Null(follower.TakeRecord(_log.Records[0]));
        Assert.Equal(0u, follower.AwaitedEpoch);
        Assert.Throws<InvalidOperationException>(() => follower.TakeRecord(_log.Records[1]));
        Assert.Throws<InvalidOperationException>(() => follower.TakeHead(_log.Note(1)));
    }

    [Fact]
    public void A_follower_begins_at_any_position_with_its_epoch()
    {
        TrustPolicy policy = _log.Policy;
        for (ulong start = 1; start < _log.Size; start++)
        {
            var from = new TreeFrontier();
            for (ulong i = 0; i < start; i++) from.Append(_log.Read(0, i));
            var hashes = new Digest[from.HashCount];
            from.CopyHashesTo(hashes);
            Assert.True(LogPosition.TryCreate(
                policy.LogId, start, hashes, _log.Read(0, start - 1), out LogPosition? position));
            Assert.True(LogPosition.TryParse(position.ToText(), out LogPosition? again));
            var follower = new LogFollower(policy, again, Epoch(policy));
            for (ulong i = start; i < _log.Size; i++)
            {
                Assert.Null(follower.TakeRecord(_log.Records[(int)i]));
            }
            Assert.Null(follower.TakeHead(_log.Note(_log.Size)));
            Assert.Equal(_log.Size, follower.VerifiedSize);
        }
        Assert.Throws<ArgumentException>(
            () => new LogFollower(policy, LogPosition.Start(policy.LogId), Epoch(policy)));
        Assert.Throws<ArgumentException>(
            () => new LogFollower(policy, LogPosition.Start(Digest.Zero), null));
    }

    private TrustPolicy Witnessed() => new(
        _log.Policy.LogId,
        _log.Configuration,
        _log.Policy.Measurements,
        _log.Policy.Roots,
        TestWitness.Policy(2, Witnesses));

    private byte[] Cosigned(ulong size) =>
        TestWitness.Cosign(_log.Note(size), Witnesses[0], Witnesses[1]);

    private AttestedEpoch Epoch(TrustPolicy policy)
    {
        var report = new LogVerifier(policy).VerifyEpoch(
            _log.Epochs[0].Statement.Bytes, _log.Epochs[0].Document);
        Assert.True(report.TryGet(out AttestedEpoch? epoch));
        return epoch;
    }

    private LogFollower Follow(TrustPolicy policy, ulong size)
    {
        var follower = new LogFollower(policy, LogPosition.Start(policy.LogId), null);
        for (ulong i = 0; i < size; i++)
        {
            Assert.Null(follower.TakeRecord(_log.Records[(int)i]));
            if (i == 0) Assert.Null(follower.TakeDocument(_log.Epochs[0].Document));
        }
        return follower;
    }
}
