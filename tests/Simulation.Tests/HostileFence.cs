using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// A hostile parent of a log with witnesses. Where their policy bears a witness that forgets, no
/// clone gets an epoch; where it does not, one that forgets lets a fork through, and two receipts
/// make evidence of it.
/// </summary>
internal sealed class HostileFence(World world, HonestRun honest, WitnessSet witnesses)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Forks _forks = new(world, honest);
    private readonly Machine _machine = honest.Machine;
    private readonly Ledger _ledger = honest.Ledger;

    /// <summary>Runs on the world's thread; what is wrong is in the honest run's ledger.</summary>
    public Task RunAsync(Dictionary<string, byte[]> newest) =>
        witnesses.BearsOne ? ExpectPreventionAsync(newest) : ExpectEvidenceAsync(newest);

    private async Task ExpectPreventionAsync(Dictionary<string, byte[]> newest)
    {
        witnesses.Heal();
        Branch next = await _forks.GoOnFromAsync(newest);
        await _forks.ExpectExtensionAsync(next.Files, honest.Audit.Held);
        if (world.IsOnceIn(2))
        {
            world.Count("hostile: a witness forgets");
            witnesses.All[world.Chance.Next(witnesses.All.Count)].Forget();
        }
        await ExpectNoEpochAsync("a clone", newest);
        await ExpectNoEpochAsync("an older store", honest.OlderStore);
        // Whoever cosigned what: no two quorums contradict each other.
        new FenceAudit(world, _ledger, witnesses.Given, _machine.Configuration).ExpectOneHistory(
            witnesses.Given.ByQuorum, next.Audit.Roots);
    }

    // A new enclave replays this store and signs a head over its statement, and that is all.
    private async Task ExpectNoEpochAsync(string what, Dictionary<string, byte[]> files)
    {
        _machine.Disk.Restore(files);
        bool isReady = false;
        await _forks.PlayAsync(async () =>
        {
            _machine.TryStartEnclave();
            _machine.StartGateway();
            isReady = await _machine.WhyNotReadyAsync(Patience) is null;
            await _machine.Gateway!.StopAsync();
            await new HostileParent(world, _machine, witnesses, _ledger).OpenAsync();
            _machine.KillEnclave();
        });
        world.Count($"hostile: {what} gets no epoch");
        if (isReady) _ledger.Violations.Add($"In front of {what} a gateway takes entries.");
    }

    // The last witness missed what was witnessed last, the first forgets it, and the second, who
    // knows, is not asked.
    private async Task ExpectEvidenceAsync(Dictionary<string, byte[]> newest)
    {
        witnesses.All[0].Forget();
        witnesses.All[1].IsReachable = false;
        witnesses.All[^1].IsReachable = true;
        Branch fork = await _forks.GoOnFromAsync(honest.OlderStore);
        const string What = "a fork that a forgetful quorum cosigned";
        AuditReport ofFork = await _forks.ExpectDetectionAsync(
            What, fork.Files, honest.Audit.Held);
        AuditReport ofLog = await _forks.ExpectDetectionAsync(What, newest, fork.Audit.Held);
        // A head above a log's size is no evidence against it; so in the longer of the two.
        Verify([.. ofFork.Evidence, .. ofLog.Evidence], fork.Audit.WitnessedPolicy);
        if (witnesses.Given.ByQuorum.All(h => IsIn(fork, h)))
        {
            _ledger.Violations.Add("No two quorums contradict each other, where they must.");
        }
    }

    private void Verify(ForkEvidence[] files, TrustPolicy policy)
    {
        if (files.Length == 0) _ledger.Violations.Add("A fork leaves no evidence.");
        foreach (ForkEvidence evidence in files)
        {
            world.Count("evidence files checked");
            Assert.True(ForkEvidence.TryDecode(evidence.Encode(), out ForkEvidence? read, out _));
            EvidenceVerdict verdict = new LogVerifier(policy).VerifyEvidence(read).Verdict;
            if (verdict == EvidenceVerdict.Fork) continue;
            _ledger.Violations.Add($"Evidence of a fork is judged {verdict}.");
        }
    }

    private static bool IsIn(Branch branch, (ulong Size, Attestation.Digest Root) head) =>
        head.Size < (ulong)branch.Audit.Roots.Count
        && branch.Audit.Roots[(int)head.Size] == head.Root;
}
