namespace Sequencer.Cli;

/// <summary>Connections to a gateway.</summary>
internal static class Gateway
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(100);

    public static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https";

    public static HttpClient Connect(Uri url)
    {
        string text = url.ToString();
        return new HttpClient
        {
            // Relative paths are resolved against a folder only if it ends in a slash.
            BaseAddress = new Uri(text.EndsWith('/') ? text : text + "/"),
            Timeout = Timeout,
        };
    }
}
