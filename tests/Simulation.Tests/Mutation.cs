namespace Sequencer.Simulation.Tests;

/// <summary>
/// A fault that the harness puts into the system on purpose: each stands for a step of the
/// durability protocol left out, and the audit must find it.
/// </summary>
internal enum Mutation
{
    None,

    /// <summary>A log's sync says that it is done, and is later.</summary>
    AcknowledgeBeforeSync,

    /// <summary>A log's sync does nothing.</summary>
    SkipSync,

    /// <summary>A sync that failed counts as done.</summary>
    IgnoreFailedSync,

    /// <summary>A payload file's sync does nothing.</summary>
    SkipPayloadSync,

    /// <summary>Recovery forgets which payloads may yet get a number.</summary>
    ForgetPending,
}
