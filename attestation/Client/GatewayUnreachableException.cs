namespace Sequencer.Client;

/// <summary>
/// No answer came from the gateway. An entry that was sent may or may not be in the log.
/// </summary>
public sealed class GatewayUnreachableException : SequencerException
{
    internal GatewayUnreachableException(Uri url, Exception inner)
        : base($"{url} did not answer: {inner.Message}", inner)
    {
        Url = url;
    }

    /// <summary>The address that was asked.</summary>
    public Uri Url { get; }
}
