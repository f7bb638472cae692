using Sequencer.Attestation;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>Which of some verified entries others of them erase.</summary>
internal sealed class ReceiptErasures(IEnumerable<VerificationReport<VerifiedEntry>> reports)
{
    private readonly VerifiedEntry[] _tombstones =
    [
        .. reports.Select(report => report.TryGet(out VerifiedEntry? entry) ? entry : null)
            .OfType<VerifiedEntry>()
            .Where(entry => entry.Tombstone is not null)
            .OrderBy(entry => entry.Number),
    ];

    /// <summary>Number of the tombstone that erased the payload of an entry; null without one.
    /// </summary>
    public ulong? TombstoneOf(VerifiedEntry entry) =>
        _tombstones.FirstOrDefault(tombstone =>
            tombstone.Head.LogId == entry.Head.LogId
            && tombstone.Tombstone!.Value.Erases(
                entry.Record.Span, tombstone.Tenant ?? Digest.Zero))?.Number;
}
