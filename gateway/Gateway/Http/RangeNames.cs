namespace Sequencer.Gateway.Http;

/// <summary>How a selection of entries is addressed.</summary>
/// <param name="Path">Its path.</param>
/// <param name="From">The parameter of the position.</param>
/// <param name="Selectors">The parameters that choose it.</param>
internal readonly record struct RangeNames(string Path, string From, string[] Selectors)
{
    /// <summary>The parameters of a page.</summary>
    public string[] OfPage => [.. Selectors, From, "limit", "direction", "payload"];

    /// <summary>The parameters of a subscription.</summary>
    public string[] OfSubscription => [.. Selectors, From, "payload", "format"];
}
