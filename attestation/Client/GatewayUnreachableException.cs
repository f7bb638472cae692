namespace Sequencer.Client;

/// <summary>
/// No answer came from the gateway. An entry that was sent may or may not be in the log.
/// </summary>
public sealed class GatewayUnreachableException : SequencerException
{
    internal GatewayUnreachableException(Uri url, Exception inner)
        : base($"{url} did not answer: {ReasonOf(inner)}", inner)
    {
        Url = url;
        IsInsecure = IsOfTls(inner);
    }

    /// <summary>The address that was asked.</summary>
    public Uri Url { get; }

    /// <summary>Something answered and is not trusted: its certificate, most often.</summary>
    public bool IsInsecure { get; }

    // Of TLS the outer exception says only that there is an inner one.
    private static string ReasonOf(Exception inner) =>
        (IsOfTls(inner) ? inner.InnerException : null)?.Message ?? inner.Message;

    private static bool IsOfTls(Exception inner) =>
        inner is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
}
