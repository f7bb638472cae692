namespace Sequencer.Attestation.Log;

/// <summary>The limits of docs/PROTOCOL.md section 1.</summary>
public static class Limits
{
    /// <summary>Longest metadata block, in bytes.</summary>
    public const int MetadataMaxBytes = 8192;

    /// <summary>Most caller pairs in a metadata block.</summary>
    public const int MetadataPairsMax = 64;

    /// <summary>Most guards and updates in a request.</summary>
    public const int OperationsMax = 64;

    /// <summary>Longest record, in bytes: the limit of a tlog-tiles entry.</summary>
    public const int RecordMaxBytes = 65_535;

    /// <summary>Most members of an atomic group.</summary>
    public const int GroupMax = 4096;

    /// <summary>Longest configuration text, in bytes.</summary>
    public const int ConfigurationMaxBytes = 16_384;

    /// <summary>Most accepted predecessor measurement sets in a statement.</summary>
    public const int PredecessorsMax = 64;

    /// <summary>Highest <c>cells-max</c> and highest <c>idempotency-window</c>.</summary>
    public const uint ConfigurationNumberMax = 100_000_000;

    /// <summary>Length of a payload's salt, in bytes.</summary>
    public const int SaltBytes = 32;

    /// <summary>Longest name of a tenant, cell or idempotency key, in bytes of UTF-8.</summary>
    public const int NameMaxBytes = 255;
}
