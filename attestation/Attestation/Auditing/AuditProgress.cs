namespace Sequencer.Attestation.Auditing;

/// <summary>How far an audit has come.</summary>
/// <param name="Records">Records read.</param>
/// <param name="Total">Records that the checkpoint says there are.</param>
public readonly record struct AuditProgress(ulong Records, ulong Total);
