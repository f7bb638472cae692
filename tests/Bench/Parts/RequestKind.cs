namespace Sequencer.Bench.Parts;

/// <summary>What the requests of a batch ask for.</summary>
internal enum RequestKind
{
    /// <summary>A number, and nothing else.</summary>
    Plain,

    /// <summary>The next version of a stream that exists, guarded by its present one.</summary>
    Guarded,

    /// <summary>Under an idempotency key that was not used before.</summary>
    Idempotent,

    /// <summary>The first version of a new stream.</summary>
    NewStream,

    /// <summary>The first version of a new stream, under a key that was not used before.</summary>
    NewStreamAndKey,
}
