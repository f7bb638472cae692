namespace Sequencer.Gateway.Store;

/// <summary>The u16 length before each record in a commit frame and an entry bundle.</summary>
internal static class RecordPrefix
{
    /// <summary>Its size, in bytes.</summary>
    public const int Bytes = 2;
}
