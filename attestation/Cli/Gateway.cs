using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;

namespace Sequencer.Cli;

/// <summary>Connections to a gateway.</summary>
internal static class Gateway
{
    // A token is longer than a key.
    private const int SecretMaxBytes = 8192;
    private const string KeyVariable = "SEQUENCER_KEY";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(100);

    public static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https";

    /// <summary>A client of a gateway, which shows the key that was given, if any.</summary>
    /// <exception cref="CommandFailure">The key is none, or must not be sent there.</exception>
    public static HttpClient Connect(Uri url, ParseResult parse)
    {
        string text = url.ToString();
        var http = new HttpClient
        {
            // Relative paths are resolved against a folder only if it ends in a slash.
            BaseAddress = new Uri(text.EndsWith('/') ? text : text + "/"),
            Timeout = Timeout,
        };
        if (FindSecret(parse) is not { } secret) return http;
        if (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback)
        {
            http.Dispose();
            throw new CommandFailure(
                $"The key is not sent over plain http to {url.Host}, where others can read it: use https.");
        }
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return http;
    }

    // Never an argument: what stands on a command line is seen by everybody on the machine.
    private static string? FindSecret(ParseResult parse)
    {
        string? secret = Environment.GetEnvironmentVariable(KeyVariable);
        string from = KeyVariable;
        if (parse.GetValue(SharedOptions.KeyFile) is { } path)
        {
            from = path;
            secret = Encoding.UTF8.GetString(Files.Read(path, SecretMaxBytes, "a key")).Trim();
        }
        if (string.IsNullOrEmpty(secret) && from == KeyVariable) return null;
        bool isOne = secret is { Length: > 0 and <= SecretMaxBytes }
            && secret.All(c => c is > ' ' and <= '~');
        return isOne ? secret : throw new CommandFailure($"{from} holds no key: one word of ASCII is.");
    }
}
