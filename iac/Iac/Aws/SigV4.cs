using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sequencer.Iac.Credentials;

namespace Sequencer.Iac.Aws;

/// <summary>Where and for what a signature is good.</summary>
/// <param name="Region">Region.</param>
/// <param name="Service">Name that the service signs under, such as <c>ec2</c>.</param>
internal sealed record SigningScope(string Region, string Service);

/// <summary>
/// AWS Signature Version 4 in the Authorization header ("Signing AWS API requests" in the IAM
/// User Guide). All headers that a request has here are signed.
/// </summary>
internal static class SigV4
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Adds <c>x-amz-date</c>, the session token and <c>Authorization</c>.</summary>
    /// <param name="request">Its path is escaped once already; its headers are complete.</param>
    /// <param name="scope">Region and service.</param>
    /// <param name="credentials">The access key.</param>
    /// <param name="now">The time that the service compares with its own.</param>
    public static void Sign(
        AwsRequest request, SigningScope scope, AwsCredentials credentials, DateTimeOffset now)
    {
        string time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string date = time[..8];
        request.Headers["x-amz-date"] = time;
        if (credentials.SessionToken is { } token) request.Headers["x-amz-security-token"] = token;

        string names = string.Join(';', request.Headers.Keys);
        string place = $"{date}/{scope.Region}/{scope.Service}/aws4_request";
        string toSign = $"{Algorithm}\n{time}\n{place}\n{HexOfHash(Canonical(request, names))}";
        byte[] key = Key(credentials.SecretKey, date, scope);
        string signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Bytes(toSign)));
        CryptographicOperations.ZeroMemory(key);
        request.Headers["authorization"] = $"{Algorithm} "
            + $"Credential={credentials.AccessKey}/{place}, SignedHeaders={names}, "
            + $"Signature={signature}";
    }

    /// <summary>Escapes all but the unreserved characters of RFC 3986.</summary>
    public static string Escape(string text) => Uri.EscapeDataString(text);

    /// <summary>SHA-256 in lower-case hexadecimal.</summary>
    public static string HexOfHash(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Canonical(AwsRequest request, string names)
    {
        var text = new StringBuilder();
        text.Append(request.Method.Method).Append('\n').Append(request.Path).Append('\n');
        text.AppendJoin('&', request.Query
            .Select(pair => $"{Escape(pair.Key)}={Escape(pair.Value)}")
            .Order(StringComparer.Ordinal));
        text.Append('\n');
        foreach ((string name, string value) in request.Headers)
        {
            text.Append(name).Append(':').Append(value.Trim()).Append('\n');
        }
        text.Append('\n').Append(names).Append('\n').Append(HexOfHash(request.Body));
        return Bytes(text.ToString());
    }

    private static byte[] Key(string secret, string date, SigningScope scope)
    {
        byte[] key = Bytes("AWS4" + secret);
        foreach (string part in (string[])[date, scope.Region, scope.Service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Bytes(part));
        }
        return key;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
