namespace Sequencer.Attestation.Auditing;

/// <summary>What became of the payloads of the entries that were audited, where the source has
/// payloads.</summary>
/// <param name="Present">There, and those of their records.</param>
/// <param name="Erased">Gone, and a tombstone in the log names each of them.</param>
/// <param name="Missing">Gone, and no tombstone up to the head names them.</param>
/// <param name="Unerased">Among those present: a tombstone names them all the same.</param>
public sealed record AuditPayloads(ulong Present, ulong Erased, ulong Missing, ulong Unerased);
