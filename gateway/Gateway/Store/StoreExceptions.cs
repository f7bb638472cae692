namespace Sequencer.Gateway.Store;

/// <summary>
/// A write or sync failed, and nobody knows whether its bytes are on the disk. The store takes no
/// more writes; stop, open it again and let recovery find out. Reads go on.
/// </summary>
public sealed class UncertainWriteException(string step, Exception cause)
    : IOException(
        $"{step}: {cause.Message} Uncertain whether it is on disk; the store must be opened again.",
        cause);

/// <summary>
/// The directory does not hold what was written to it: to start would be to lose what was
/// acknowledged.
/// </summary>
public sealed class StoreDamagedException(string path, string fault)
    : IOException($"{path}: {fault}")
{
    /// <summary>The file, relative to the data directory.</summary>
    public string Path { get; } = path;
}

/// <summary>Another gateway owns the data directory.</summary>
public sealed class StoreLockedException(string directory)
    : IOException($"{directory} is in use by another gateway (its lock file is held).");
