namespace Sequencer.Simulation.Tests;

/// <summary>
/// A fault that the harness puts into the system on purpose: each stands for a step of the
/// protocol left out, and the audit must find it.
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

    /// <summary>A witness answers, and writes its state later.</summary>
    CosignBeforeStored,

    /// <summary>The gateway shows a durable head to who waits for a cosigned one.</summary>
    ShowUncosigned,

    /// <summary>The enclave takes any head that comes back for one that a quorum cosigned.
    /// </summary>
    OpenBeforeQuorum,

    /// <summary>The enclave counts the lines of a cosigned head, not the witnesses.</summary>
    CountLinesTwice,
}
