namespace Sequencer.Bench.Peers;

/// <summary>A system that takes entries.</summary>
internal interface IPeer
{
    /// <summary>Its name in folders and arguments.</summary>
    string Id { get; }

    /// <summary>Its name for people.</summary>
    string Name { get; }

    Guarantees Guarantees { get; }

    /// <summary>When it answers, in a few words.</summary>
    string Promise { get; }

    /// <summary>The loads that it is measured under, the lightest first.</summary>
    IReadOnlyList<PeerLoad> Loads { get; }

    /// <summary>Starts its servers on empty data, and waits until they take entries.</summary>
    /// <exception cref="PeerException">They do not.</exception>
    Task<RunningPeer> StartAsync(Site site, CancellationToken cancellationToken);
}

/// <summary>One way to load a system.</summary>
/// <param name="Mode">What a call is, in a few words.</param>
/// <param name="Connections">Each with one call under way.</param>
/// <param name="EntriesPerCall">Entries that a call carries.</param>
/// <param name="Path">Where an HTTP server takes it.</param>
internal sealed record PeerLoad(
    string Mode, int Connections, int EntriesPerCall = 1, string Path = "/")
{
    /// <summary>The mode that every system has.</summary>
    public const string Single = "one entry";
}

/// <summary>A system whose servers run at a site, which stops them.</summary>
/// <param name="Url">Where it takes entries.</param>
/// <param name="Version">What was started.</param>
/// <param name="CountAsync">How many entries it holds, as it says itself; null if it keeps none.
/// </param>
/// <param name="Receipts">Samples its receipts; null if it has none.</param>
internal sealed record RunningPeer(
    Uri Url, string Version, Func<Task<long>>? CountAsync, ReceiptSampler? Receipts = null);

/// <summary>A system that cannot be measured, and why, in a line.</summary>
internal sealed class PeerException(string reason) : Exception(reason);
