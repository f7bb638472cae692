using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Enclave.Core;

/// <summary>Makes the statement that opens an epoch (docs/PROTOCOL.md section 5).</summary>
internal static class EpochOpening
{
    /// <summary>True if the image carries a log of this configuration.</summary>
    public static bool Allows(CoreLimits limits, LogConfiguration configuration) =>
        configuration.CellsMax <= limits.CellsMax
        && configuration.IdempotencyWindow <= limits.IdempotencyWindowMax
        && (configuration.IdentityKey is null || limits.SealsIdentities);

    /// <summary>The first statement of a new log.</summary>
    public static EpochStatement Genesis(
        LogConfiguration configuration, CoreLimits limits, EpochKeys keys, ulong timeMs) =>
        EpochStatement.Create(new EpochStatementFields
        {
            Epoch = 0,
            Number = 0,
            TimeMs = timeMs,
            Previous = Digest.Zero,
            PreviousEnd = PreviousEpochEnd.None,
            LogId = Digest.Zero,
            PreviousRoot = TreeHash.EmptyRoot,
            PreviousStatement = Digest.Zero,
            Nonce = keys.Nonce,
            Ed25519PublicKey = keys.Ed25519PublicKey,
            P256PublicKey = keys.P256PublicKey,
            AcceptedPredecessors = limits.AcceptedPredecessors,
            Configuration = configuration,
        });

    /// <summary>The statement that continues a log.</summary>
    public static EpochStatement Next(
        LogState log, CoreLimits limits, EpochKeys keys, ulong timeMs) =>
        EpochStatement.Create(new EpochStatementFields
        {
            Epoch = checked(log.Epoch + 1),
            Number = log.Size,
            TimeMs = Math.Max(timeMs, log.LastTimeMs),
            Previous = log.LastLeaf,
            PreviousEnd = HowEnded(log),
            LogId = log.LogId,
            PreviousRoot = log.Tree.Root(),
            PreviousStatement = log.Statement.Hash,
            Nonce = keys.Nonce,
            Ed25519PublicKey = keys.Ed25519PublicKey,
            P256PublicKey = keys.P256PublicKey,
            AcceptedPredecessors = limits.AcceptedPredecessors,
            Configuration = log.Configuration,
        });

    /// <summary>True if a replayed statement is the one that continues the log.</summary>
    public static bool Continues(LogState log, EpochStatement statement) =>
        statement.Fields.Epoch == (ulong)log.Epoch + 1
        && statement.Fields.PreviousEnd == HowEnded(log)
        && statement.Fields.LogId == log.LogId
        && statement.Fields.PreviousRoot == log.Tree.Root()
        && statement.Fields.PreviousStatement == log.Statement.Hash
        && statement.Fields.Configuration.Text == log.Configuration.Text;

    // What the log itself says, never the gateway.
    private static PreviousEpochEnd HowEnded(LogState log) =>
        log.IsSealed ? PreviousEpochEnd.Sealed : PreviousEpochEnd.Unplanned;
}
