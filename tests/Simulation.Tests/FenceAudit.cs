using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// Compares a log with what its witnesses say that they cosigned: a model of the fence that shares
/// nothing with the one in the enclave.
/// </summary>
internal sealed class FenceAudit(
    World world, Ledger ledger, CosignedHeads given, LogConfiguration configuration)
{
    private readonly uint _numbersMax = configuration.Witnesses!.NumbersMax;

    /// <summary>What holds of every log whose numbers stand behind its witnesses.</summary>
    public void Compare(IReadOnlyList<Digest> roots, IReadOnlyList<StoredEntry> entries)
    {
        var byQuorum = given.ByQuorum.ToHashSet();
        foreach ((ulong Size, Digest Root) head in ledger.Cosigned)
        {
            if (byQuorum.Contains(head)) continue;
            ledger.Violations.Add($"A head of {head.Size} was shown that no quorum cosigned.");
        }
        ulong[] covered =
        [
            .. given.ByQuorum.Where(h => IsOf(roots, h)).Select(h => h.Size),
        ];
        int next = 0;
        ulong cosigned = 0;
        ulong opened = 0;
        for (int number = 0; number < entries.Count; number++)
        {
            while (next < covered.Length && covered[next] <= (ulong)number)
            {
                cosigned = covered[next++];
            }
            ReadOnlySpan<byte> record = entries[number].Head.Record.Span;
            Assert.True(RecordHeader.TryRead(record, out RecordHeader header));
            if (header.Type == RecordType.Statement) opened = header.Number;
            if (!EntryRecord.TryParse(record, out _)) continue;
            world.Count("numbers checked against the fence");
            if (cosigned > opened && header.Number + 1 - cosigned <= _numbersMax) continue;
            ledger.Violations.Add(
                $"Number {header.Number} was given out behind a cosigned head of {cosigned}; its "
                + $"epoch began at {opened}.");
        }
    }

    /// <summary>What holds while nobody is hostile, and of quorums wherever the policy bears who
    /// is: no head was cosigned that the log does not extend.</summary>
    public void ExpectOneHistory(
        IEnumerable<(ulong Size, Digest Root)> heads, IReadOnlyList<Digest> roots)
    {
        foreach ((ulong Size, Digest Root) head in heads)
        {
            world.Count("cosigned heads checked");
            if (IsOf(roots, head)) continue;
            ledger.Violations.Add($"The log does not extend the cosigned head of {head.Size}.");
        }
    }

    private static bool IsOf(IReadOnlyList<Digest> roots, (ulong Size, Digest Root) head) =>
        head.Size < (ulong)roots.Count && roots[(int)head.Size] == head.Root;
}
