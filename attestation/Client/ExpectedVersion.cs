using Sequencer.Attestation.Log;

namespace Sequencer.Client;

/// <summary>What a stream must be like for an entry to be appended to it.</summary>
public readonly record struct ExpectedVersion
{
    private ExpectedVersion(OperationCode? guard, long version)
    {
        Guard = guard;
        Version = version;
    }

    /// <summary>Whatever it is.</summary>
    public static ExpectedVersion Any => default;

    /// <summary>The stream does not exist yet.</summary>
    public static ExpectedVersion None => new(OperationCode.NotExists, 0);

    /// <summary>The stream exists.</summary>
    public static ExpectedVersion Exists => new(OperationCode.Exists, 0);

    /// <summary>The guard of the request; null for <see cref="Any"/>.</summary>
    internal OperationCode? Guard { get; }

    /// <summary>The version of <see cref="At"/>, otherwise 0.</summary>
    internal long Version { get; }

    /// <summary>The stream is at this version; 0 is that of a stream that does not exist.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is negative.</exception>
    public static ExpectedVersion At(long version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new ExpectedVersion(OperationCode.VersionEquals, version);
    }
}
