namespace Sequencer.Gateway.Store;

/// <summary>Opening a store: the rules of docs/PROTOCOL.md section 15, "Recovery".</summary>
internal static class Recovery
{


    public static (LogStore Store, RecoveryReport Report) Open(
        IStoreFiles files, string directory, StoreOptions options)
    {
        throw new NotSupportedException(directory + options + files);
    }
}
